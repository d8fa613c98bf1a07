// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail
package import Measures

/// Counts what streams tell from now on, for whoever reads counters that begin with the process.
///
/// It reads what is rare: bounces, complaints, refusals, sign-ins. Facts of mail that is accepted and delivered are passed
/// over undecoded, so it costs next to nothing for each message.
package actor FactMeter {
    static let kinds: Set<Fact.Event.Kind> = [.bounced, .complained, .refused, .called, .signedIn]
    static let page = 1_000

    /// Recipients that bounced for good, by account: without the mailbox simulator's, and without those on a suppression
    /// list, to whom nothing was sent.
    package nonisolated let hardBounces = Tally(["account"])
    /// Recipients who complained, by account.
    package nonisolated let complaints = Tally(["account"])
    /// Sends and calls that were turned away, by what said no.
    package nonisolated let refusals = Tally(["control", "door"], capacity: 200)
    /// Failures to sign in, by door.
    package nonisolated let failures = Tally(["door"], capacity: 20)

    private let streams: [any FactStream]
    private var positions: [String: Int64] = [:]

    /// - Parameters:
    ///   - accounts: those whose counters are there from the beginning: the first of anything is seen only then.
    ///   - doors: where somebody can sign in; the same.
    package init(streams: [any FactStream], accounts: [AccountID] = [], doors: [String] = []) {
        self.streams = streams
        for account in accounts { for tally in [hardBounces, complaints] { tally.add(0, account.description) } }
        for door in doors { failures.add(0, door) }
    }

    /// Reads one page of each stream; the first time, only where each ends.
    /// - Returns: whether there may be more at once.
    package func read() async throws -> Bool {
        var isMore = false
        for stream in streams {
            guard let position = positions[stream.name] else {
                positions[stream.name] = try await stream.newest()
                continue
            }
            let page = try await stream.facts(of: Self.kinds, after: position, limit: Self.page)
            positions[stream.name] = page.last
            for recorded in page.facts { count(recorded.fact) }
            isMore = isMore || page.isFull
        }
        return isMore
    }

    private func count(_ fact: Fact) {
        let account = fact.account.description
        switch fact.event {
        case .bounced(let outcome):
            let isSuppressed = ["OnAccountSuppressionList", "Suppressed"].contains(outcome.verdict?.subType)
            guard outcome.verdict?.type == "Permanent", !isSuppressed else { return }
            add(outcome.recipients, to: hardBounces, account)
        case .complained(let complaint) where complaint.subType == nil:
            add(complaint.recipients, to: complaints, account)
        case .refused(let refused): refusals.add(1, refused.control, refused.door)
        case .called(let called):
            if let control = called.control { refusals.add(1, control, "api") }
        case .signedIn(let signedIn):
            if signedIn.failure != nil { failures.add(signedIn.count, signedIn.door) }
        default: return
        }
    }

    private func add(_ recipients: [String], to tally: Tally, _ account: String) {
        let count = recipients.count { !SimulatorAddress.isOne($0) }
        if count > 0 { tally.add(count, account) }
    }
}
