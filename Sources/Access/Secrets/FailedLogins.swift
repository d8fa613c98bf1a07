// SPDX-License-Identifier: Apache-2.0

package import Mail
import Synchronization

/// Slows down whoever guesses: after some failures further attempts are refused for a time that doubles with each, up to
/// a quarter of an hour. Time forgives all.
///
/// What is counted: a name from one address (10 free failures), an address whatever the names (50), a name whatever the
/// addresses (100), and a device (10). Nobody can lock an application out from elsewhere: where a name has signed in
/// before, only that address's own failures count. Of IPv6 the /64 counts, which one host has for itself.
package final class FailedLogins: Sendable {
    package static let longestLock = 900.0
    /// Subjects remembered, and places where a name has signed in; the oldest go first.
    package static let capacity = 20_000

    /// Whose failures are counted.
    package enum Subject: Hashable, Sendable {
        case login(String, from: String)
        case address(String)
        case name(String)
        case device(String, AccountID)

        var freeAttempts: Int {
            switch self {
            case .login, .device: 10
            case .address: 50
            case .name: 100
            }
        }
    }

    private struct Record {
        var failures = 0
        var lastAt: Timestamp
        var lockedUntil: Timestamp
    }

    private struct State {
        var records: [Subject: Record] = [:]
        /// Where names have signed in, and when last.
        var familiar: [Subject: Timestamp] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// What an attempt to sign in is counted under.
    package func subjects(_ name: String, from address: String) -> [Subject] {
        let network = Self.network(of: address)
        let login = Subject.login(name, from: network)
        let isFamiliar = state.withLock { $0.familiar[login] != nil }
        return isFamiliar ? [login] : [login, .address(network), .name(name)]
    }

    /// Until when attempts for any of these are refused; nil for not at all.
    package func lock(_ subjects: [Subject], at moment: Timestamp) -> Timestamp? {
        state.withLock { state in
            subjects.compactMap { state.records[$0]?.lockedUntil }.filter { $0 > moment }.max()
        }
    }

    package func failed(_ subjects: [Subject], at moment: Timestamp) {
        state.withLock { state in
            for subject in subjects {
                Self.makeRoom(in: &state.records) { $0.lastAt }
                var record = state.records[subject] ?? Record(lastAt: moment, lockedUntil: moment)
                if moment - record.lastAt > Self.longestLock * 2 { record.failures = 0 }
                record.failures += 1
                record.lastAt = moment
                let over = record.failures - subject.freeAttempts
                if over > 0 { record.lockedUntil = moment + min(Double(1 << min(over, 20)), Self.longestLock) }
                state.records[subject] = record
            }
        }
    }

    /// Forgives the first subject, which is the narrowest, and remembers the place.
    package func succeeded(_ subjects: [Subject], at moment: Timestamp) {
        guard let first = subjects.first else { return }
        state.withLock { state in
            state.records[first] = nil
            Self.makeRoom(in: &state.familiar) { $0 }
            state.familiar[first] = moment
        }
    }

    private static func makeRoom<Value>(in table: inout [Subject: Value], age: (Value) -> Timestamp) {
        guard table.count >= capacity else { return }
        for entry in table.sorted(by: { age($0.value) < age($1.value) }).prefix(capacity / 10) {
            table[entry.key] = nil
        }
    }

    // 2001:db8:1:2:… and 2001:db8:1:2::1 are one network; an IPv4 address stands for itself.
    static func network(of address: String) -> String {
        guard address.contains(":"), !address.hasPrefix("::ffff:") else { return address }
        let halves = address.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        var groups = halves[0].split(separator: ":").map(String.init)
        if halves.count == 2 {
            let rest = halves[1].split(separator: ":").count
            groups +=
                Array(repeating: "0", count: max(0, 8 - groups.count - rest))
                + halves[1].split(separator: ":").map(String.init)
        }
        return groups.prefix(4).joined(separator: ":") + "::/64"
    }
}
