// SPDX-License-Identifier: Apache-2.0

import Mail

/// So many messages in so many seconds, at most: `100/s`, `6000/h`.
package struct Rate: Hashable, Sendable, CustomStringConvertible {
    package let messages: Int
    /// Seconds.
    package let period: Double

    /// - Returns: nil where either is not positive, or nobody could mean it.
    package init?(messages: Int, period: Double) {
        guard (1...1_000_000_000).contains(messages), period > 0, period <= 31 * 86_400 else { return nil }
        self.messages = messages
        self.period = period
    }

    /// `100/s`, `60/min`, `6000/h`, `20000/d`.
    package init?(parsing text: String) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let messages = Int(halves[0]) else { return nil }
        let periods = ["s": 1.0, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600]
            .merging(["d": 86_400, "day": 86_400]) { first, _ in first }
        guard let period = periods[String(halves[1])] else { return nil }
        self.init(messages: messages, period: period)
    }

    package var description: String {
        switch period {
        case 1: "\(messages)/s"
        case 60: "\(messages)/min"
        case 3600: "\(messages)/h"
        case 86_400: "\(messages)/d"
        default: "\(messages) in \(period) s"
        }
    }
}

/// A rate being kept: a token bucket, remembered as the one moment at which it will be full again.
///
/// In no stretch of time as long as the rate's period do more messages start than the rate says: a burst of B is paid for
/// by tokens that come so slowly that B − 1 more never fit.
struct Bucket: Sendable {
    /// A tenth of the rate, but no more than this, may start at once.
    static let largestBurst = 20

    let rate: Rate
    /// Microseconds between tokens, and by how much the moment may lie ahead.
    private let interval: Int64
    private let slack: Int64
    private var fullAt: Int64 = .min

    init(_ rate: Rate) {
        self.rate = rate
        let burst = max(1, min(Self.largestBurst, rate.messages / 10))
        interval = Int64((rate.period * 1e6 / Double(rate.messages - burst + 1)).rounded(.up))
        slack = interval * Int64(burst - 1)
    }

    /// Messages that may start now.
    func tokens(at moment: Timestamp) -> Int {
        let now = moment.milliseconds * 1000
        guard fullAt > now else { return Int(slack / interval) + 1 }
        let spare = now - fullAt + slack
        return spare < 0 ? 0 : Int(spare / interval) + 1
    }

    /// When the next message may start.
    var opensAt: Timestamp {
        guard fullAt > .min else { return Timestamp(milliseconds: 0) }
        return Timestamp(milliseconds: (fullAt - slack + 999) / 1000)
    }

    mutating func take(at moment: Timestamp) { fullAt = max(fullAt, moment.milliseconds * 1000) + interval }

    /// What has been taken lately stays taken under another rate, but no more than a burst of it.
    func changed(to rate: Rate, at moment: Timestamp) -> Bucket {
        guard rate != self.rate else { return self }
        var other = Bucket(rate)
        let now = moment.milliseconds * 1000
        guard fullAt > now else { return other }
        let taken = min((fullAt - now + interval - 1) / interval, other.slack / other.interval + 1)
        other.fullAt = now + taken * other.interval
        return other
    }
}
