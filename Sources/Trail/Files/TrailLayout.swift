// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Where the files of one trail lie in its bucket ("Finding your CloudTrail log files", "CloudTrail digest file
/// structure", CloudTrail user guide).
package struct TrailLayout: Hashable, Sendable, Codable {
    package let account: AccountID
    package let region: String
    package let trail: String
    package let bucket: String
    /// Before `AWSLogs`, without the slash between; empty for none.
    package let prefix: String

    package init(account: AccountID, region: String, trail: String, bucket: String, prefix: String = "") {
        self.account = account
        self.region = region
        self.trail = trail
        self.bucket = bucket
        self.prefix = prefix
    }

    /// `arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit`
    package var arn: String { "arn:aws:cloudtrail:\(region):\(account):trail/\(trail)" }

    private var root: String { (prefix.isEmpty ? "" : prefix + "/") + "AWSLogs/\(account)/" }

    /// Before the keys of all log files.
    package var logPrefix: String { root + "CloudTrail/\(region)/" }
    /// Before the keys of all digests.
    package var digestPrefix: String { root + "CloudTrail-Digest/\(region)/" }

    private var digestName: String { "\(account)_CloudTrail-Digest_\(region)_\(trail)_\(region)_" }

    /// The sixteen characters that make a log file's name unique say which of the local trail's records it may hold:
    /// from the first to the last sequence, so that the place to go on from can be read off the directory.
    func logKey(at moment: Timestamp, from first: Int64, to last: Int64) -> String {
        let minute = TrailMoment.basic(moment).dropLast(3)
        return logPrefix + TrailMoment.day(moment)
            + "/\(account)_CloudTrail_\(region)_\(minute)Z_\(Self.digits(first))\(Self.digits(last)).json.gz"
    }

    func digestKey(endingAt moment: Timestamp) -> String {
        digestPrefix + TrailMoment.day(moment) + "/\(digestName)\(TrailMoment.basic(moment)).json.gz"
    }

    /// Whether the key is of a digest of this trail.
    package func isDigest(_ key: String) -> Bool {
        guard key.hasPrefix(digestPrefix), let name = key.split(separator: "/").last else { return false }
        return name.hasPrefix(digestName) && name.hasSuffix("Z.json.gz")
            && name.utf8.count == digestName.utf8.count + 24
    }

    /// The sequences between which a log file's records lie; nil for what is no log file of this layout.
    package func sequences(of key: String) -> ClosedRange<Int64>? {
        guard key.hasPrefix(logPrefix), key.hasSuffix(".json.gz") else { return nil }
        let unique = key.dropLast(8).split(separator: "_").last ?? ""
        guard unique.utf8.count == 16, let first = Int64(unique.prefix(8), radix: 36),
            let last = Int64(unique.suffix(8), radix: 36), first <= last
        else { return nil }
        return first...last
    }

    private static func digits(_ number: Int64) -> String {
        let text = String(number, radix: 36, uppercase: true)
        return String(repeating: "0", count: max(0, 8 - text.utf8.count)) + text
    }
}
