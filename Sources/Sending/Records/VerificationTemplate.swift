// SPDX-License-Identifier: Apache-2.0

import Mail

/// The mail that an account sends in place of ours to have an address verified ("Using custom verification email
/// templates", SES developer guide).
package struct VerificationTemplate: ShelfRecord {
    package static let kind = "custom-verification-email-template"
    package static let maximumCount = 50
    /// Octets.
    package static let maximumContent = 10 * 1024 * 1024
    private static let maximumURL = 2_048

    package let name: String
    package var from: String
    package var subject: String
    /// HTML; the link is added at its end.
    package var content: String
    /// Where somebody is sent who followed the link in time, and who did not.
    package var successURL: String
    package var failureURL: String
    package var tags: [String: String] = [:]

    package init(
        name: String, from: String, subject: String, content: String, successURL: String, failureURL: String
    ) {
        self.name = name
        self.from = from
        self.subject = subject
        self.content = content
        self.successURL = successURL
        self.failureURL = failureURL
    }

    package func check() throws {
        guard RecordName.isPlain(name, maximum: 64) else {
            throw RecordFailure.invalid("Invalid template name <\(name.prefix(100))>.")
        }
        guard !subject.isEmpty else { throw RecordFailure.invalid("TemplateSubject is required.") }
        guard Self.isWebAddress(successURL) else {
            throw RecordFailure.invalid("The success redirection URL is invalid")
        }
        guard Self.isWebAddress(failureURL) else {
            throw RecordFailure.invalid("The failure redirection URL is invalid")
        }
        guard !content.isEmpty else { throw RecordFailure.invalidContent("TemplateContent is required.") }
        guard content.utf8.count <= Self.maximumContent else {
            throw RecordFailure.invalidContent("The template's content is larger than 10 MB.")
        }
    }

    // Printable ASCII that can stand in an attribute's quotes, with a host.
    private static func isWebAddress(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.lowercased().hasPrefix($0) }),
            text.utf8.count <= maximumURL,
            text.utf8.allSatisfy({ (33...126).contains($0) && !"\"'<>\\`".utf8.contains($0) })
        else { return false }
        let host = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        return !host.isEmpty && !host.contains("@") && host.first != ":"
    }
}
