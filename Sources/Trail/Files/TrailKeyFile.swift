// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSON
import Mail

/// Public keys in a file, as `aws cloudtrail list-public-keys` prints them.
package struct TrailKeyFile {
    /// Beside the buckets.
    package static let name = "public-keys.json"

    let path: String

    package init(path: String) { self.path = path }

    /// - Throws: `TrailFailure` for a file that cannot be read as one.
    package func read() throws -> [TrailPublicKey] {
        guard let octets = DurableFile.read(path, limit: 1 << 20) else {
            throw TrailFailure("\(path) cannot be read")
        }
        guard let json = try? JSONValue(parsing: octets, maximumDepth: 8),
            case .array(let list)? = json["PublicKeyList"]
        else { throw TrailFailure("\(path) is no list of public keys: it has no PublicKeyList") }
        return try list.map { entry in
            guard case .string(let value)? = entry["Value"], let der = Data(base64Encoded: value),
                let from = Self.moment(entry["ValidityStartTime"]), let to = Self.moment(entry["ValidityEndTime"])
            else { throw TrailFailure("\(path) has a key without Value, ValidityStartTime and ValidityEndTime") }
            return TrailPublicKey(der: Array(der), validFrom: from, validTo: to)
        }
    }

    func octets(_ keys: [TrailPublicKey]) -> [UInt8] {
        let entries = keys.map { key in
            "{\"Value\":\"\(key.base64)\",\"ValidityStartTime\":\"\(TrailMoment.extended(key.validFrom))\","
                + "\"ValidityEndTime\":\"\(TrailMoment.extended(key.validTo))\",\"Fingerprint\":\"\(key.fingerprint)\"}"
        }
        return Array("{\"PublicKeyList\":[\(entries.joined(separator: ",\n"))]}\n".utf8)
    }
}

extension TrailKeyFile {
    // The AWS CLI prints `2026-11-24T07:42:53+00:00` or, by configuration, seconds.
    private static func moment(_ value: JSONValue?) -> Timestamp? {
        switch value {
        case .string(let text): TrailMoment.parse(String(text.prefix(19)) + "Z")
        case .number(let text): Double(text).flatMap { Int64(exactly: $0.rounded()) }.map { Timestamp(seconds: $0) }
        default: nil
        }
    }
}
