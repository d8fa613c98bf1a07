// SPDX-License-Identifier: Apache-2.0

package import Mail

/// How much a cold address may send on each day of its first weeks, so that providers come to know it.
///
/// SES warms an address up over 45 days. A day is a day of UTC; the first is number 1.
package struct WarmUpPlan: Hashable, Sendable {
    /// SES's own length.
    package static let length = 45

    package let name: String
    /// Messages on day 1, 2, …; the last number holds for the days that follow, to day 45.
    package let days: [Int]

    package init(name: String, days: [Int]) {
        self.name = name
        self.days = days.isEmpty ? [50] : Array(days.prefix(Self.length))
    }

    package func limit(on day: Int) -> Int { days[min(max(day, 1), days.count) - 1] }
}

/// How far an address is through its warm-up.
package struct Warmth: Hashable, Sendable {
    /// 1 to 45.
    package let day: Int

    /// Nil once the 45 days are over.
    package init?(since start: Timestamp, at moment: Timestamp) {
        let day = moment.day - start.day + 1
        guard day <= WarmUpPlan.length else { return nil }
        self.day = max(1, day)
    }

    /// As SES shows it (WarmupPercentage).
    package var percentage: Int { day * 100 / WarmUpPlan.length }

    /// The start of a warm-up that stands at this percentage now.
    package static func start(at percentage: Int, now: Timestamp) -> Timestamp {
        let days = min(max(percentage, 0), 100) * WarmUpPlan.length / 100
        return Timestamp(seconds: Int64(now.day - max(0, days - 1)) * 86_400)
    }
}

extension Timestamp {
    /// Days of UTC since 1970-01-01.
    package var day: Int {
        let (quotient, remainder) = seconds.quotientAndRemainder(dividingBy: 86_400)
        return Int(remainder < 0 ? quotient - 1 : quotient)
    }

    /// The next midnight, UTC.
    package var nextDay: Timestamp { Timestamp(seconds: Int64(day + 1) * 86_400) }
}

/// What an address that is warming up has sent to a site on a day: kept, so that a restart grants it nothing again.
package struct Departure: Hashable, Sendable {
    package let day: Int
    package let address: String
    package let site: String
    package let messages: Int

    package init(day: Int, address: String, site: String, messages: Int) {
        self.day = day
        self.address = address
        self.site = site
        self.messages = messages
    }
}
