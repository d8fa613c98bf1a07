// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
package import JSON
package import Mail

/// How recipients appear in records: not at all, by a keyed hash that is the same every time, or in clear.
///
/// The hash is HMAC-SHA-256 over the address, its domain in the canonical form and its local part as written, cut to 128
/// bits; the domain stays beside it, because a search by provider needs it: `hmac-sha256:0123…@example.com`.
package enum RecipientSight: Sendable {
    case hidden
    /// - Parameter key: 32 octets; another key makes other hashes of the same addresses.
    case hashed(SecretBytes)
    case clear

    /// CloudTrail's own words for what it does not tell.
    package static let hiddenText = "HIDDEN_DUE_TO_SECURITY_REASONS"
    private static let prefix = "hmac-sha256:"

    /// - Parameter address: one recipient as a caller wrote it, perhaps with a name beside it, which is not shown then.
    package func show(_ address: String) -> String {
        switch self {
        case .clear: return address
        case .hidden: return Self.hiddenText
        case .hashed(let key):
            if address == Self.hiddenText || Self.isHashed(address) { return address }
            let address = Self.withoutName(address)
            guard let mailbox = try? Mailbox(parsing: address) else { return Self.hash(address, key) }
            return "\(Self.hash(mailbox.description, key))@\(mailbox.domain)"
        }
    }

    // What stands in the last angle brackets, or all of it.
    private static func withoutName(_ text: String) -> String {
        guard let open = text.utf8.lastIndex(of: UInt8(ascii: "<")),
            let close = text.utf8.lastIndex(of: UInt8(ascii: ">")), open < close
        else { return text }
        return String(decoding: text.utf8[text.utf8.index(after: open)..<close], as: UTF8.self)
    }

    private static func hash(_ text: String, _ key: SecretBytes) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(text.utf8), using: SymmetricKey(data: key.exposed))
        return prefix + TrailHash.hex(code.prefix(16))
    }

    // So that what was shown once stays as it is.
    private static func isHashed(_ text: String) -> Bool {
        let octets = text.utf8.dropFirst(prefix.utf8.count)
        guard text.hasPrefix(prefix), octets.count >= 32 else { return false }
        let rest = octets.dropFirst(32)
        return octets.prefix(32).allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
            && (rest.isEmpty || rest.first == UInt8(ascii: "@") && rest.allSatisfy { (33...126).contains($0) })
    }
}

// MARK: - Parameters

extension RecipientSight {
    private static let lists: Set<String> = [
        "toaddresses", "ccaddresses", "bccaddresses", "destinations", "replytoaddresses", "recipient", "recipients",
    ]
    // Where `emailAddress` is not an identity but somebody who gets mail.
    private static let addressed: Set<String> = [
        "PutSuppressedDestination", "GetSuppressedDestination", "DeleteSuppressedDestination",
        "SendCustomVerificationEmail",
    ]

    /// The parameters of an operation, with every recipient in them as it is to be seen.
    package func show(in parameters: JSONValue, of operation: String) -> JSONValue {
        if case .clear = self { return parameters }
        var names = Self.lists
        if Self.addressed.contains(operation) { names.insert("emailaddress") }
        return show(in: parameters, under: names, isRecipient: false)
    }

    private func show(in value: JSONValue, under names: Set<String>, isRecipient: Bool) -> JSONValue {
        switch value {
        case .string(let text): isRecipient ? .string(show(text)) : value
        case .array(let elements): .array(elements.map { show(in: $0, under: names, isRecipient: isRecipient) })
        // An object in a list of destinations has recipients under their own names, and other texts beside them.
        case .object(let members):
            .object(
                members.map { member in
                    .init(
                        name: member.name,
                        value: show(
                            in: member.value, under: names, isRecipient: names.contains(member.name.lowercased())))
                })
        case .number, .boolean, .null: value
        }
    }
}
