// SPDX-License-Identifier: Apache-2.0

import Delivery
import Journal
import Mail
import Queue
import Reports
import Synchronization

/// What the replies of other servers mean, by the rules that hold now: those of `Reports` for senders, the providers' for
/// the queue.
final class ReplyJudgement: ReplyJudge {
    private struct Rules {
        var replies: ReplyRules
        var providers: ProviderRules
    }

    private let rules: Mutex<Rules>

    init(replies: ReplyRules, providers: ProviderRules) {
        rules = Mutex(Rules(replies: replies, providers: providers))
    }

    /// Those in force, for replies that come in reports.
    var replies: ReplyRules { rules.withLock { $0.replies } }
    var providers: ProviderRules { rules.withLock { $0.providers } }

    /// Takes rules that were read anew.
    func replace(replies: ReplyRules? = nil, providers: ProviderRules? = nil) {
        rules.withLock {
            $0.replies = replies ?? $0.replies
            $0.providers = providers ?? $0.providers
        }
    }

    func verdict(of reply: Reply, peer: String) -> Fact.Verdict {
        let rules = rules.withLock { $0.replies }
        let verdict = rules.classify(reply, peer: try? Domain(parsing: peer))
        return Fact.Verdict(
            type: verdict.bounce.type.rawValue, subType: verdict.bounce.subType.rawValue,
            party: verdict.party.rawValue, delay: verdict.delayType.rawValue, rule: verdict.rule)
    }

    func lessons(of reply: Reply, from site: String, peer: String) -> [Lesson] {
        let rules = rules.withLock { $0.providers }
        let lesson = rules.lesson(
            from: reply.lines.joined(separator: " "), code: Int(reply.code),
            status: reply.enhanced?.description ?? "", site: site)
        // Matched by its text, shown as the peer gave it.
        return [lesson].compactMap(\.self).map {
            Lesson(
                act: $0.act, duration: $0.duration, rule: $0.rule, reply: reply.description, threshold: $0.threshold)
        }
    }

    /// The provider that a domain belongs to.
    func provider(of domain: String, hosts: [String]) -> String? {
        let rules = rules.withLock { $0.providers }
        let provider =
            rules.provider(ofDomain: domain) ?? hosts.lazy.compactMap { rules.provider(ofExchanger: $0) }.first
        return provider?.name
    }
}
