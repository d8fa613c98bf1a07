// SPDX-License-Identifier: Apache-2.0

/// What became of a message in SES's words: `bounceType` and `bounceSubType` ("Contents of event data", SES developer
/// guide). Only the pairs that SES writes exist.
package struct BounceClass: Hashable, Sendable, CustomStringConvertible {
    package enum BounceType: String, Sendable {
        case permanent = "Permanent"
        case transient = "Transient"
        case undetermined = "Undetermined"
    }

    package enum SubType: String, Sendable {
        case general = "General"
        case noEmail = "NoEmail"
        case suppressed = "Suppressed"
        case onAccountSuppressionList = "OnAccountSuppressionList"
        case mailboxFull = "MailboxFull"
        case messageTooLarge = "MessageTooLarge"
        case contentRejected = "ContentRejected"
        case attachmentRejected = "AttachmentRejected"
        case undetermined = "Undetermined"
    }

    package let type: BounceType
    package let subType: SubType

    private init(_ type: BounceType, _ subType: SubType) {
        self.type = type
        self.subType = subType
    }

    package static let undetermined = BounceClass(.undetermined, .undetermined)
    package static let general = BounceClass(.permanent, .general)
    package static let noEmail = BounceClass(.permanent, .noEmail)
    /// The address is on SES's global suppression list.
    package static let suppressed = BounceClass(.permanent, .suppressed)
    package static let onAccountSuppressionList = BounceClass(.permanent, .onAccountSuppressionList)
    package static let transient = BounceClass(.transient, .general)
    package static let mailboxFull = BounceClass(.transient, .mailboxFull)
    package static let messageTooLarge = BounceClass(.transient, .messageTooLarge)
    package static let contentRejected = BounceClass(.transient, .contentRejected)
    package static let attachmentRejected = BounceClass(.transient, .attachmentRejected)

    package static let all: [BounceClass] = [
        undetermined, general, noEmail, suppressed, onAccountSuppressionList, transient, mailboxFull, messageTooLarge,
        contentRejected, attachmentRejected,
    ]

    /// `Transient/MailboxFull`, as the rules write it; nil for a pair that SES does not have.
    package init?(parsing text: String) {
        guard let found = Self.all.first(where: { $0.description == text }) else { return nil }
        self = found
    }

    package var description: String { "\(type.rawValue)/\(subType.rawValue)" }
}
