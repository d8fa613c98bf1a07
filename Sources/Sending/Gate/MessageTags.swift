// SPDX-License-Identifier: Apache-2.0

import Mail

/// Tags that go with a message into its facts (SES: "Sending email message tags").
package enum MessageTags {
    package static let maximumLength = 255
    package static let maximumCount = 50

    /// In SES's own words, double space and all.
    package struct Fault: Error, Hashable, Sendable {
        package let message: String
    }

    package static func checked(_ tags: [(String, String)]) throws(Fault) -> [String: String] {
        guard tags.count <= maximumCount else {
            throw Fault(message: "A message can have at most \(maximumCount) tags.")
        }
        var result: [String: String] = [:]
        for (name, value) in tags {
            guard !name.isEmpty else { throw Fault(message: "The tag name must be specified.") }
            guard name.utf8.count <= maximumLength else {
                throw Fault(message: "Tag name cannot exceed \(maximumLength) characters.")
            }
            guard name.utf8.allSatisfy({ isPlain($0) || (name.hasPrefix("ses:") && $0 == UInt8(ascii: ":")) }) else {
                throw Fault(
                    message: "Invalid tag name <\(name)>: only alphanumeric ASCII characters, '_',  '-' are allowed.")
            }
            guard !value.isEmpty else { throw Fault(message: "The tag value must be specified.") }
            guard value.utf8.count <= maximumLength else {
                throw Fault(message: "Tag value cannot exceed \(maximumLength) characters.")
            }
            guard value.utf8.allSatisfy({ isPlain($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "@") }) else {
                throw Fault(
                    message:
                        "Invalid tag value <\(value)>: only alphanumeric ASCII characters, '_',  '-' , '.', '@' are allowed."
                )
            }
            result[name] = value
        }
        return result
    }

    private static func isPlain(_ octet: UInt8) -> Bool {
        octet.isLetterOrDigit || octet == UInt8(ascii: "_") || octet == UInt8(ascii: "-")
    }
}
