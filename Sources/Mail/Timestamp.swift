// SPDX-License-Identifier: Apache-2.0

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Stored and compared as an integer everywhere.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package init(seconds: Int64) { self.init(milliseconds: seconds * 1000) }

    package var seconds: Int64 { milliseconds.flooredDivision(by: 1000) }

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    package static func + (moment: Self, seconds: Double) -> Self {
        Self(milliseconds: moment.milliseconds + Int64(seconds * 1000))
    }

    /// Seconds from `earlier` to `later`.
    package static func - (later: Self, earlier: Self) -> Double {
        Double(later.milliseconds - earlier.milliseconds) / 1000
    }

    /// ISO 8601 in UTC with milliseconds: `2026-11-24T07:42:53.120Z`.
    package var description: String {
        let time = CivilTime(self)
        var text: [UInt8] = []
        text.reserveCapacity(32)
        append(time.year, to: &text)
        text.append(UInt8(ascii: "-"))
        append(time.month, digits: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        append(time.day, digits: 2, to: &text)
        text.append(UInt8(ascii: "T"))
        time.appendClock(to: &text)
        text.append(UInt8(ascii: "."))
        append(Int(milliseconds - seconds * 1000), digits: 3, to: &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// The value of a `Date` field in UTC (RFC 5322 §3.3): `Tue, 24 Nov 2026 07:42:53 +0000`.
    package var rfc5322: String {
        let time = CivilTime(self)
        var text: [UInt8] = []
        text.reserveCapacity(40)
        text += Self.days[time.weekday].utf8
        append(time.day, to: &text)
        text += Self.months[time.month - 1].utf8
        append(time.year, to: &text)
        text.append(32)
        time.appendClock(to: &text)
        text += " +0000".utf8
        return String(decoding: text, as: UTF8.self)
    }

    private static let days = ["Sun, ", "Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, "]
    private static let months = [
        " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec ",
    ]
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}

/// Gives the present moment; tests pass one that stands still.
package typealias Now = @Sendable () -> Timestamp

/// A moment in the proleptic Gregorian calendar, UTC.
package struct CivilTime: Sendable {
    package let year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int
    /// 0 is Sunday.
    package let weekday: Int

    // Days to civil date by 400-year eras that begin on 1 March.
    package init(_ moment: Timestamp) {
        let days = Int(moment.seconds.flooredDivision(by: 86400))
        let rest = Int(moment.seconds) - days * 86400
        let z = days + 719_468
        let era = Int(Int64(z).flooredDivision(by: 146_097))
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3600
        minute = rest % 3600 / 60
        second = rest % 60
        weekday = ((days + 4) % 7 + 7) % 7
    }

    fileprivate func appendClock(to text: inout [UInt8]) {
        append(hour, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(minute, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(second, digits: 2, to: &text)
    }
}

// A number with as many digits as it has, but with zeros before it up to so many; none here is below zero but a year.
private func append(_ number: Int, digits: Int = 1, to text: inout [UInt8]) {
    guard number >= 0 else {
        text += String(number).utf8
        return
    }
    var place = 1
    for _ in 1..<digits { place *= 10 }
    while number / place >= 10 { place *= 10 }
    while place > 0 {
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / place % 10))
        place /= 10
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
