// SPDX-License-Identifier: Apache-2.0

/// An address of SES's mailbox simulator ("Using the mailbox simulator", SES developer guide): mail to it never leaves,
/// and what becomes of it is known beforehand. A label behind a plus sign makes no other: `bounce+order1@…`.
package enum SimulatorAddress: String, CaseIterable, Sendable {
    /// Delivered.
    case success
    /// Refused for good: 550 5.1.1. Nobody is suppressed for it.
    case bounce
    /// Delivered, and answered that its owner is away.
    case ooto
    /// Delivered, and complained of.
    case complaint
    /// Refused as an address that bounced for everybody.
    case suppressed = "suppressionlist"

    /// What all of them end in; canonical.
    package static let domain = "simulator.amazonses.com"
    /// The scheduling key of mail to them, on every route.
    package static let destination = "simulator"

    /// Nil for every address that is not the simulator's. One of its domain that SES does not name bounces.
    package init?(_ mailbox: Mailbox) {
        guard mailbox.domain.description == Self.domain else { return nil }
        let name = mailbox.localPart.prefix { $0 != "+" }.lowercased()
        self = Self(rawValue: name) ?? .bounce
    }

    /// Whether an address, written as a `Mailbox` writes itself, is the simulator's.
    package static func isOne(_ text: String) -> Bool { text.hasSuffix("@\(domain)") }
}
