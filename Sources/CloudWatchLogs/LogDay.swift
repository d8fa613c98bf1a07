// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail

/// A day in UTC, which a log stream holds the entries of: `2026/11/25`.
struct LogDay: Hashable, Comparable {
    static let milliseconds: Int64 = 86_400_000

    /// Days since 1970-01-01.
    let number: Int64

    init(_ moment: Timestamp) {
        let value = moment.milliseconds
        number = value / Self.milliseconds - (value % Self.milliseconds < 0 ? 1 : 0)
    }

    init(number: Int64) { self.number = number }

    /// Nil for what is no day.
    init?(name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map { Int64($0) }
        guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2],
            (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        // Days of the proleptic Gregorian calendar, years beginning in March.
        let (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
        self.init(number: 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468)
        guard self.name == name else { return nil }
    }

    var start: Timestamp { Timestamp(milliseconds: number * Self.milliseconds) }
    var end: Timestamp { Timestamp(milliseconds: (number + 1) * Self.milliseconds) }

    /// The stream's name.
    var name: String { String(start.description.prefix(10)).replacing("-", with: "/") }

    static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// Where reading goes on, and which way: `f/MILLISECONDS-SEQUENCE/s`. It holds nothing secret, and whoever makes one up
/// reads their own account's log from another place.
struct LogToken {
    let isBackward: Bool
    let place: LogPlace

    init(_ place: LogPlace?, isBackward: Bool) {
        self.place = place ?? LogPlace(at: 0, sequence: 0)
        self.isBackward = isBackward
    }

    /// - Throws: `InvalidParameterException` for what is none.
    init(_ text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let numbers = parts.count == 3 ? parts[1].split(separator: "-").map { Int64($0) } : []
        guard parts.count == 3, ["f", "b"].contains(parts[0]), parts[2] == "s", numbers.count == 2,
            let at = numbers[0], let sequence = numbers[1]
        else { throw LogsServices.invalid("The specified nextToken is invalid.") }
        self.init(LogPlace(at: at, sequence: sequence), isBackward: parts[0] == "b")
    }

    var text: String { "\(isBackward ? "b" : "f")/\(place.at)-\(place.sequence)/s" }
}

/// The times that a request gives, in milliseconds since 1970: the start is included, the end is not.
enum LogTimes {
    private static let longest: Int64 = 1 << 50

    static func range(_ start: Int64?, _ end: Int64?) throws -> Range<Timestamp> {
        let (from, to) = (start ?? 0, end ?? longest)
        guard (0...longest).contains(from), (0...longest).contains(to) else {
            throw LogsServices.invalid("startTime and endTime are milliseconds since 1970.")
        }
        guard from <= to else { throw LogsServices.invalid("startTime is after endTime.") }
        return Timestamp(milliseconds: from)..<Timestamp(milliseconds: to)
    }
}
