// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The addresses, other than return paths, that the inbound listener takes mail for.
package struct ReceptionAddresses: Sendable {
    /// Who reads what is no report (RFC 5321 §4.5.1, RFC 2142 §4).
    private static let people: Set<String> = ["postmaster", "abuse"]
    /// Where feedback loops report to.
    private static let feedback = "fbl"

    /// The return paths' domain, where no identity has one of its own.
    package let domain: Domain
    private let feedbackAddresses: Set<Mailbox>

    /// - Parameter feedbackAddresses: what the operator registered at feedback loops, beside `fbl@` of the domain.
    package init(domain: Domain, feedbackAddresses: [Mailbox]) {
        self.domain = domain
        self.feedbackAddresses = Set(feedbackAddresses)
    }

    func takes(_ mailbox: Mailbox) -> Bool {
        isOperators(mailbox) || feedbackAddresses.contains(mailbox)
            || (mailbox.domain == domain && mailbox.localPart.lowercased() == Self.feedback)
    }

    /// Whether a person is meant.
    func isOperators(_ mailbox: Mailbox) -> Bool {
        mailbox.domain == domain && Self.people.contains(mailbox.localPart.lowercased())
    }
}
