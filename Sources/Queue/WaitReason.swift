// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Why a delivery has not gone yet: one reason, the one that would have to end first.
package struct WaitReason: Hashable, Sendable, CustomStringConvertible {
    package enum Cause: Hashable, Sendable {
        /// Nothing starts: the operator stopped the queue.
        case queueOnHold
        /// Nothing starts any more on this node.
        case nodeDraining
        case held(Hold)
        /// The last try failed, and the next has its time.
        case retry(attempts: Int, reply: String)
        /// The destination's site is being looked up.
        case resolving(domain: String)
        case siteClosed(site: String, Closure)
        case pathClosed(Way, Closure)
        case connections(Way, limit: Int)
        case rate(Way, limit: Rate)
        /// Messages a day that this address may send, or may send to this site.
        case warmUp(Way, limit: Int)
        /// The pool has no address, or none that takes anything new.
        case noAddress(PoolID?)
        /// Others are before it: of the same account, and in its lane.
        case turn(ahead: Int, account: AccountID)
        /// Everything the server may do at once is under way.
        case busy(limit: Int)
        /// As much is under way as may be where nobody has answered lately: of the account, or of all.
        case unanswered(limit: Int)
        /// Due, but so far behind in its lane that it is in the spool alone.
        case beyondWindow(position: Int, of: Int)
        case inFlight(Way, since: Timestamp)
        /// The spool holds it and the machine knows nothing of it: a fault, put right by the next check.
        case forgotten
        /// It is settled, or was never there.
        case gone
    }

    /// The path, in words, with how far its address is warmed up.
    package struct Way: Hashable, Sendable, CustomStringConvertible {
        package let site: String
        /// Nil for the address that the system chooses.
        package let address: String?
        package let warmth: Warmth?

        package init(site: String, address: String?, warmth: Warmth?) {
            self.site = site
            self.address = address
            self.warmth = warmth
        }

        package var description: String {
            let from = address.map { ", address \($0)" } ?? ""
            return from + (warmth.map { " day \($0.day) of \(WarmUpPlan.length)" } ?? "")
        }
    }

    package let cause: Cause
    /// When it ends, where that is known.
    package let until: Timestamp?
    /// The rule that set it: a provider rule, a configuration key.
    package let rule: String?

    package init(_ cause: Cause, until: Timestamp? = nil, rule: String? = nil) {
        self.cause = cause
        self.until = until
        self.rule = rule
    }

    /// `until 2026-11-24T14:03:00.000Z: gmail limit 5 connections, set by rule gmail-connections, address 192.0.2.7 day 9
    /// of 45`.
    package var description: String { (until.map { "until \($0): " } ?? "") + sentence }

    /// The same without the time.
    package var sentence: String {
        let (what, way) = words
        return what + (rule.map { ", set by rule \($0)" } ?? "") + (way.map { $0.description } ?? "")
    }

    private var words: (String, Way?) {
        switch cause {
        case .queueOnHold: ("the queue is on hold", nil)
        case .nodeDraining: ("this node is drained", nil)
        case .held(let hold): ("held by \(hold.by): \(hold.reason)", nil)
        case .retry(let attempts, let reply):
            ("the next try; tried \(attempts == 1 ? "once" : "\(attempts) times"), the last reply: \(reply)", nil)
        case .resolving(let domain): ("the mail exchangers of \(domain) are being looked up", nil)
        case .siteClosed(let site, let closure): ("\(site) is \(closure.words)", nil)
        case .pathClosed(let way, let closure): ("\(way.site) is \(closure.words)", way)
        case .connections(let way, let limit): ("\(way.site) limit \(limit.of("connection", "connections"))", way)
        case .rate(let way, let limit): ("\(way.site) rate limit \(limit)", way)
        case .warmUp(let way, let limit): ("\(way.site) warm-up limit \(limit.of("message", "messages")) a day", way)
        case .noAddress(let pool): ("no address of pool \(pool?.description ?? "(none)") takes anything new", nil)
        case .turn(let ahead, let account): ("its turn, behind \(ahead) of account \(account)", nil)
        case .busy(let limit): ("the server's limit of \(limit.of("delivery", "deliveries")) at once", nil)
        case .unanswered(let limit):
            (
                "the server's limit of \(limit.of("delivery", "deliveries")) at once to sites where nobody has answered "
                    + "lately", nil
            )
        case .beyondWindow(let position, let count): ("number \(position) of \(count) in its lane", nil)
        case .inFlight(let way, let since): ("under way to \(way.site) since \(since)", way)
        case .forgotten: ("forgotten by the schedule", nil)
        case .gone: ("nothing waits", nil)
        }
    }
}

extension Closure {
    fileprivate var words: String {
        switch kind {
        case .unreachable: "suspended: nobody could be reached (\(reply))"
        case .suspended: "suspended by its reply (\(reply))"
        case .blocked: "closed to this address by its reply (\(reply))"
        }
    }
}

extension Int {
    /// `1 connection`, `5 connections`.
    func of(_ one: String, _ many: String) -> String { "\(self) \(self == 1 ? one : many)" }
}
