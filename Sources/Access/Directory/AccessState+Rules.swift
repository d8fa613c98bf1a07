// SPDX-License-Identifier: Apache-2.0

import Mail
package import PolicyLanguage

/// Names, paths, ARNs and documents as IAM takes them ("IAM and STS quotas", IAM user guide; the API reference's patterns).
///
/// All but documents are ASCII: two spellings that Swift or a reader takes for one never stand for two things here.
package enum IAMRules {
    /// Characters of a document with its white space.
    package static let maximumDocument = 131_072

    package static func name(_ text: String, _ what: String, maximum: Int) throws(AccessFailure) {
        try length(text, what, 1...maximum)
        guard text.utf8.allSatisfy({ isWord($0) || "+=,.@-".utf8.contains($0) }) else {
            throw .invalidInput(
                "The specified value for \(what) is invalid. It must contain only alphanumeric characters and/or the "
                    + "following: +=,.@_-")
        }
    }

    package static func path(_ text: String) throws(AccessFailure) {
        try length(text, "path", 1...512)
        let octets = Array(text.utf8)
        let isFramed = octets.count > 2 && octets.first == slash && octets.last == slash
        guard octets == [slash] || (isFramed && octets.allSatisfy { (0x21...0x7E).contains($0) }) else {
            throw .invalidInput(
                "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
                    + "characters and/or / characters.")
        }
    }

    package static func pathPrefix(_ text: String) throws(AccessFailure) {
        try length(text, "pathPrefix", 1...512)
        guard text.utf8.first == slash, text.utf8.allSatisfy({ (0x21...0x7F).contains($0) }) else {
            throw violation("pathPrefix", #"Member must satisfy regular expression pattern: \u002F[\u0021-\u007F]*"#)
        }
    }

    package static func arn(_ text: String, _ what: String) throws(AccessFailure) {
        try length(text, what, 20...2_048)
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), text.utf8.starts(with: "arn:".utf8) else {
            throw .invalidInput("ARN \(text.unicodeScalars.allSatisfy(\.isASCII) ? text : "of \(what)") is not valid.")
        }
    }

    package static func serial(_ text: String) throws(AccessFailure) {
        try length(text, "serialNumber", 9...256)
        guard text.utf8.allSatisfy({ isWord($0) || "+=/:,.@-".utf8.contains($0) }) else {
            throw violation("serialNumber", #"Member must satisfy regular expression pattern: [\w+=/:,.@-]+"#)
        }
    }

    package static func keyID(_ text: String) throws(AccessFailure) {
        try length(text, "accessKeyId", 16...128)
        guard text.utf8.allSatisfy(isWord) else {
            throw violation("accessKeyId", #"Member must satisfy regular expression pattern: [\w]+"#)
        }
    }

    static func description(_ text: String) throws(AccessFailure) {
        try length(text, "description", 0...1_000)
        guard
            text.unicodeScalars.allSatisfy({ $0.value > 31 && $0.value != 127 || "\t\n\r".unicodeScalars.contains($0) })
        else { throw violation("description", "Member must not contain control characters") }
    }

    /// - Parameters:
    ///   - maximum: characters, white space not counted.
    ///   - quota: what IAM calls it.
    package static func document(
        _ text: String, as kind: Policy.Kind, maximum: Int, quota: String = "PolicySize"
    ) throws(AccessFailure) {
        try length(text, "policyDocument", 1...maximumDocument)
        guard length(text) <= maximum else { throw .limitExceeded("Cannot exceed quota for \(quota): \(maximum)") }
        do {
            _ = try Policy(parsing: text, as: kind)
        } catch {
            throw .malformedPolicy(error.description)
        }
    }

    /// Characters that count: all but white space.
    static func length(_ text: String) -> Int {
        text.unicodeScalars.count { ![" ", "\t", "\n", "\r"].contains($0) }
    }

    /// - Throws: when there are fewer or more characters, in IAM's words.
    package static func length(_ text: String, _ what: String, _ range: ClosedRange<Int>) throws(AccessFailure) {
        let count = text.unicodeScalars.count
        guard count >= range.lowerBound else {
            throw violation(what, "Member must have length greater than or equal to \(range.lowerBound)")
        }
        guard count <= range.upperBound else {
            throw violation(what, "Member must have length less than or equal to \(range.upperBound)")
        }
    }

    package static func violation(_ what: String, _ constraint: String) -> AccessFailure {
        .invalidInput("1 validation error detected: Value at '\(what)' failed to satisfy constraint: \(constraint)")
    }

    private static let slash = UInt8(ascii: "/")

    private static func isWord(_ octet: UInt8) -> Bool {
        (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet) || octet == 95
    }
}
