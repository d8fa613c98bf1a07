// SPDX-License-Identifier: Apache-2.0

/// SES's reputation over a representative volume (SES, "Sending review process FAQs"): not over a fixed time, but over the
/// mail that was sent last, as much of it as says something.
///
/// The volume is 10,000 recipients, or what was sent today where that is more. Whoever never sent so much is judged by all
/// of it.
package enum Representative {
    package static let least = 10_000.0
    /// How far back it is looked for, in seconds.
    package static let longest: Int64 = 63 * 86_400

    /// What counts of a span: recipients at strangers' domains.
    package struct Bucket: Hashable, Sendable {
        package let at: Int64
        package let volume: Double
        package let hardBounces: Double
        package let complaints: Double

        package init(at: Int64, volume: Double, hardBounces: Double, complaints: Double) {
            self.at = at
            self.volume = volume
            self.hardBounces = hardBounces
            self.complaints = complaints
        }
    }

    /// Fractions: 0.05 is five in a hundred.
    package struct Rates: Hashable, Sendable {
        package let bounce: Double
        package let complaint: Double
        package let volume: Double
    }

    /// How much of what was sent counts, given what was sent today.
    package static func wanted(today: Double) -> Double { max(least, today) }

    /// - Parameters:
    ///   - buckets: newest first.
    ///   - today: seconds since 1970 at which the day began.
    /// - Returns: nil where nothing was sent that counts.
    package static func rates(_ buckets: [Bucket], today: Int64) -> Rates? {
        let sent = buckets.lazy.filter { $0.at >= today }.reduce(0) { $0 + $1.volume }
        let wanted = wanted(today: sent)
        var (volume, bounces, complaints) = (0.0, 0.0, 0.0)
        for bucket in buckets {
            guard volume < wanted else { break }
            volume += bucket.volume
            bounces += bucket.hardBounces
            complaints += bucket.complaints
        }
        // Reports of mail from before the stretch can be more than what was sent in it.
        return volume > 0
            ? Rates(bounce: min(1, bounces / volume), complaint: min(1, complaints / volume), volume: volume) : nil
    }
}
