// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail
import Synchronization

/// Keeps strangers from filling the disk with records of their failures.
///
/// In a minute that begins with the first of them, the first 10 failures of one network at one door are written each; the
/// others are counted, and one fact with their count follows when the minute has ended. Of IPv6 the /64 counts. At most
/// 5,000 failures a minute are written one by one, whoever has them, and 10,000 networks are told apart: the oldest gives
/// way, and where too many come in one minute, the newest are counted together. The clock is the caller's.
package final class SignInDamper: Sendable {
    /// Seconds.
    package static let minute = 60.0
    package static let writtenEach = 10
    package static let writtenInAll = 5_000
    package static let capacity = 10_000
    /// Seconds for which a visit to the console is the same visit.
    package static let visit = 3600.0
    /// Stands for a network where there were too many.
    static let elsewhere = "elsewhere"

    /// Who is let in at the console, with every request anew.
    private struct Visit: Hashable {
        let accessKeyID: String
        let network: String
        let agent: String
    }

    private let state = Mutex(Minutes())
    private let visits = Mutex<[Visit: Timestamp]>([:])

    package init() {}

    /// Takes note of a failure.
    /// - Parameter isCountedOnly: for what is no attempt at all: a probe, a browser.
    /// - Returns: what is to be written now, oldest first: ended minutes, and this failure where it is one of the first.
    package func failed(
        _ event: Fact.SignedIn, in account: AccountID, at moment: Timestamp, isCountedOnly: Bool = false
    ) -> [Fact] {
        state.withLock { state in
            var facts = state.ended(at: moment)
            if let fact = state.add(event, in: account, at: moment, isCountedOnly: isCountedOnly, flushing: &facts) {
                facts.append(fact)
            }
            return facts
        }
    }

    /// What is to be written of minutes that have ended; to be asked every few seconds, and with a moment a minute ahead
    /// when the server ends.
    package func due(at moment: Timestamp) -> [Fact] { state.withLock { $0.ended(at: moment) } }

    /// Facts that could not be kept: the next who asks gets the failures among them again.
    package func giveBack(_ facts: [Fact]) { state.withLock { $0.giveBack(facts) } }

    /// Whether somebody was let in with this key, from there, with this browser, within the last hour.
    func isKnownVisit(_ attempt: SignInAttempt, at moment: Timestamp) -> Bool {
        let last = visits.withLock { $0[Self.visit(attempt)] }
        return last.map { moment >= $0 && moment - $0 < Self.visit } ?? false
    }

    func remember(_ attempt: SignInAttempt, at moment: Timestamp) {
        visits.withLock { visits in
            // Only those who know the secret come here; to ask them all once more costs a fact each.
            if visits.count >= Self.capacity { visits = [:] }
            visits[Self.visit(attempt)] = moment
        }
    }

    private static func visit(_ attempt: SignInAttempt) -> Visit {
        Visit(
            accessKeyID: attempt.name, network: FailedLogins.network(of: attempt.sourceAddress),
            agent: Fact.Call.clipped(attempt.agent))
    }
}

/// The minutes that have not ended, each with what was counted in it, in the order in which they began.
private struct Minutes {
    private struct Source: Hashable {
        let network: String
        let door: String
        let account: AccountID
    }

    private struct Minute {
        let began: Timestamp
        var written = 0
        var counted: CountedFailures?
    }

    private var minutes: [Source: Minute] = [:]
    /// The keys of `minutes`, oldest first from `first` on.
    private var order: [Source] = []
    private var first = 0
    /// How many were written one by one since when, whoever they are of.
    private var since = Timestamp(milliseconds: 0)
    private var written = 0
    private var givenBack: [Fact] = []

    mutating func ended(at moment: Timestamp) -> [Fact] {
        var facts = givenBack
        givenBack = []
        while first < order.count, let began = minutes[order[first]]?.began,
            // A clock that was set back would keep them for ever.
            moment < began || moment - began >= SignInDamper.minute
        {
            facts += removeFirst()
        }
        return facts
    }

    mutating func add(
        _ event: Fact.SignedIn, in account: AccountID, at moment: Timestamp, isCountedOnly: Bool,
        flushing facts: inout [Fact]
    ) -> Fact? {
        if moment < since || moment - since >= SignInDamper.minute { (since, written) = (moment, 0) }
        let source = place(
            for: Source(network: FailedLogins.network(of: event.sourceAddress), door: event.door, account: account),
            &facts)
        if minutes[source] == nil {
            minutes[source] = Minute(began: moment)
            order.append(source)
        }
        guard var minute = minutes[source] else { return nil }
        defer { minutes[source] = minute }
        if !isCountedOnly, minute.written < SignInDamper.writtenEach, written < SignInDamper.writtenInAll {
            minute.written += 1
            written += 1
            return Fact(at: moment, account: account, message: nil, event: .signedIn(event))
        }
        if minute.counted == nil {
            minute.counted = CountedFailures(event, at: moment)
        } else {
            minute.counted?.add(event, network: source.network, at: moment)
        }
        return nil
    }

    mutating func giveBack(_ facts: [Fact]) {
        for fact in facts where givenBack.count < SignInDamper.writtenInAll {
            if case .signedIn(let event) = fact.event, event.failure != nil { givenBack.append(fact) }
        }
    }

    // Where all have a place already, the oldest gives way, unless that would write without end.
    private mutating func place(for source: Source, _ facts: inout [Fact]) -> Source {
        guard minutes[source] == nil, minutes.count >= SignInDamper.capacity else { return source }
        guard written < SignInDamper.writtenInAll else {
            return Source(network: SignInDamper.elsewhere, door: source.door, account: source.account)
        }
        let flushed = removeFirst()
        written += flushed.count
        facts += flushed
        return source
    }

    private mutating func removeFirst() -> [Fact] {
        guard first < order.count else { return [] }
        let source = order[first]
        first += 1
        if first > SignInDamper.capacity {
            order.removeFirst(first)
            first = 0
        }
        guard let counted = minutes.removeValue(forKey: source)?.counted else { return [] }
        return [counted.fact(in: source.account)]
    }
}
