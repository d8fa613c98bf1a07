// SPDX-License-Identifier: Apache-2.0

import Mail
import PolicyLanguage

/// Names, paths and documents as IAM takes them ("IAM and STS quotas", IAM user guide).
enum IAMRules {
    static func name(_ text: String, _ what: String, maximum: Int) throws(AccessFailure) {
        let allowed = text.utf8.allSatisfy { isLetterOrDigit($0) || "_+=,.@-".utf8.contains($0) }
        guard !text.isEmpty, allowed else {
            throw .invalidInput(
                "The specified value for \(what) is invalid. It must contain only alphanumeric characters and/or the "
                    + "following: +=,.@_-")
        }
        guard text.utf8.count <= maximum else {
            throw .invalidInput("The specified value for \(what) must not be longer than \(maximum) characters.")
        }
    }

    static func path(_ text: String) throws(AccessFailure) {
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard text == "/" || (text.hasPrefix("/") && text.hasSuffix("/") && isPlain && text.utf8.count <= 512) else {
            throw .invalidInput(
                "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
                    + "characters and/or / characters.")
        }
    }

    static func tags(_ tags: [Tag]) throws(AccessFailure) {
        guard tags.count <= 50 else { throw .limitExceeded("Cannot exceed quota for TagsPerResource: 50") }
        guard Set(tags.map { $0.key.lowercased() }).count == tags.count else {
            throw .invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        }
        for tag in tags {
            guard (1...128).contains(tag.key.unicodeScalars.count), tag.value.unicodeScalars.count <= 256,
                !tag.key.lowercased().hasPrefix("aws:")
            else { throw .invalidInput("Tag keys have 1 to 128 characters, values 256 at most; aws: is reserved.") }
        }
    }

    /// - Parameter maximum: characters, white space not counted.
    static func document(_ text: String, as kind: Policy.Kind, maximum: Int) throws(AccessFailure) {
        guard length(text) <= maximum else {
            throw .limitExceeded("Cannot exceed quota for PolicySize: \(maximum)")
        }
        do {
            _ = try Policy(parsing: text, as: kind)
        } catch {
            throw .malformedPolicy(error.description)
        }
    }

    static func length(_ text: String) -> Int {
        text.unicodeScalars.count { ![" ", "\t", "\n", "\r"].contains($0) }
    }

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet)
    }
}

extension [Tag] {
    /// Later tags take the place of earlier ones of the same key.
    package func merged(with others: [Tag]) -> [Tag] {
        let names = Set(others.map { $0.key.lowercased() })
        return filter { !names.contains($0.key.lowercased()) } + others
    }

    package func without(_ keys: [String]) -> [Tag] {
        let names = Set(keys.map { $0.lowercased() })
        return filter { !names.contains($0.key.lowercased()) }
    }
}
