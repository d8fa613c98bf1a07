// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Reports

/// The words of the receivers, and what the rules make of them.
///
/// Rules are asked once for each provider and speech, because the same words always mean the same.
struct Vocabulary {
    struct Meaning {
        let reply: Reply
        /// As it stands in records: `550 5.1.1 User unknown`.
        let words: String
        /// The mail is taken, given up, or tried again.
        let isTaken: Bool
        let isFinal: Bool
        let lessons: [Lesson]
    }

    /// By the provider's number and the speech; the last provider is everybody without rules.
    private let meanings: [[Meaning]]
    private let providers: [String: Int]

    init(_ rules: ProviderRules, _ replies: ReplyRules) {
        var providers: [String: Int] = [:]
        for (number, provider) in rules.providers.enumerated() { providers[provider.name] = number }
        self.providers = providers
        meanings = (rules.providers.map(\.name) + [""]).map { name in
            Receiver.Speech.allCases.map { Self.meaning($0, of: name, rules, replies) }
        }
    }

    /// What a site's speech means; sites of one provider share it.
    func number(ofProvider name: String?) -> Int { name.flatMap { providers[$0] } ?? meanings.count - 1 }

    func meaning(of speech: Receiver.Speech, provider number: Int) -> Meaning { meanings[number][Int(speech.rawValue)] }

    private static func meaning(
        _ speech: Receiver.Speech, of provider: String, _ rules: ProviderRules, _ replies: ReplyRules
    ) -> Meaning {
        let reply = reply(speech, of: provider)
        let words = reply.description
        var lessons: [Lesson] = []
        if speech.isReached, !reply.isPositive {
            let lesson = rules.lesson(
                from: reply.lines.joined(separator: " "), code: Int(reply.code),
                status: reply.enhanced?.description ?? "", site: provider)
            lessons = [lesson].compactMap(\.self)
        }
        return Meaning(
            reply: reply, words: words, isTaken: reply.isPositive,
            isFinal: reply.isPositive || (reply.isPermanent && !isAboutUs(reply, replies)), lessons: lessons)
    }

    // As a try judges it: what is said of our address is never a bounce before its time is over, unless it speaks of the
    // way beyond the peer (RFC 3463 §3.2, §3.5).
    private static func isAboutUs(_ reply: Reply, _ rules: ReplyRules) -> Bool {
        let party = rules.classify(reply).party
        return (party == .reputation || party == .network) && ![1, 4].contains(reply.enhanced?.subject)
    }

    /// In the words that the provider really uses, where it has some of its own.
    static func reply(_ speech: Receiver.Speech, of provider: String) -> Reply {
        switch (speech, provider) {
        case (.accepted, _): Reply(250, .init(2, 0, 0), "OK")
        case (.unknownUser, _): Reply(550, .init(5, 1, 1), "User unknown")
        case (.greylisted, _): Reply(451, .init(4, 7, 1), "Greylisted, please try again in 300 seconds")
        case (.throttled, "yahoo"):
            Reply(
                421, .init(4, 7, 0),
                "[TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints")
        case (.throttled, _): Reply(421, .init(4, 7, 0), "Too many messages from your address, try again later")
        case (.blocked, "outlook"):
            Reply(
                550, .init(5, 7, 1),
                "Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider "
                    + "since part of their network is on our block list (S3140).")
        case (.blocked, _):
            Reply(554, .init(5, 7, 1), "Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org")
        case (.refused, _): Reply(451, .init(4, 4, 1), "Connection refused")
        case (.silent, _): Reply(451, .init(4, 4, 2), "The peer did not answer in time")
        }
    }
}
