// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Trail

/// What requests to make or change a trail must keep to.
enum TrailInput {
    static func checkName(_ name: String) throws {
        let octets = Array(name.utf8)
        let isLetter: (UInt8) -> Bool = { ($0 | 32) >= 97 && ($0 | 32) <= 122 || (48...57).contains($0) }
        guard (3...128).contains(octets.count), isLetter(octets[0]), isLetter(octets[octets.count - 1]),
            octets.allSatisfy({ isLetter($0) || [45, 46, 95].contains($0) })
        else {
            throw ServiceError(
                "InvalidTrailNameException",
                "Trail name must be 3 to 128 letters, digits, periods, underscores and dashes, "
                    + "beginning and ending with a letter or digit.")
        }
    }

    static func bucket(_ name: String?) throws -> String {
        guard let name, TrailObjects.isBucket(name) else {
            throw ServiceError("InvalidS3BucketNameException", "Bucket name '\(name?.prefix(63) ?? "")' is not valid.")
        }
        return name
    }

    static func prefix(_ given: String?) throws -> String {
        let prefix = given ?? ""
        let parts = prefix.isEmpty ? [] : prefix.split(separator: "/", omittingEmptySubsequences: false)
        guard prefix.utf8.count <= 200, prefix.utf8.allSatisfy({ $0 > 31 && $0 < 127 }),
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else { throw ServiceError("InvalidS3PrefixException", "The S3 key prefix is not valid.") }
        return prefix
    }
}
