// SPDX-License-Identifier: Apache-2.0

package import Mail
import Synchronization

/// Slows down whoever guesses: after some failures, by user name or by address, further attempts are refused for a time
/// that doubles with each, up to a quarter of an hour. A success forgives the name; time forgives all.
package final class FailedLogins: Sendable {
    package static let freeAttempts = 10
    package static let longestLock = 900.0
    /// Names and addresses remembered; the oldest go first.
    package static let capacity = 20_000

    private struct Record {
        var failures = 0
        var lastAt: Timestamp
        var lockedUntil: Timestamp
    }

    private let records = Mutex<[String: Record]>([:])

    package init() {}

    /// Until when attempts for any of these are refused; nil for not at all.
    package func lock(_ subjects: [String], at moment: Timestamp) -> Timestamp? {
        records.withLock { records in
            subjects.compactMap { records[$0]?.lockedUntil }.filter { $0 > moment }.max()
        }
    }

    package func failed(_ subjects: [String], at moment: Timestamp) {
        records.withLock { records in
            if records.count >= Self.capacity {
                let oldest = records.sorted { $0.value.lastAt < $1.value.lastAt }.prefix(Self.capacity / 10)
                for entry in oldest { records[entry.key] = nil }
            }
            for subject in subjects {
                var record = records[subject] ?? Record(lastAt: moment, lockedUntil: moment)
                if moment - record.lastAt > Self.longestLock * 2 { record.failures = 0 }
                record.failures += 1
                record.lastAt = moment
                let over = record.failures - Self.freeAttempts
                if over > 0 { record.lockedUntil = moment + min(Double(1 << min(over, 20)), Self.longestLock) }
                records[subject] = record
            }
        }
    }

    package func succeeded(_ subject: String) {
        records.withLock { $0[subject] = nil }
    }
}
