// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What a report must bear to count: a message's id and a signature of ours over it.
///
/// As a return path `b+ID.SIGNATURE@domain`, and as the value of `X-Postern-Report` `ID.SIGNATURE`: 39 letters of base32
/// for the 24 octets of the id that differ, 21 for the number of the key and 96 bits of HMAC-SHA-256. With its prefix
/// that is 63 octets, one less than a local part may have (RFC 5321 §4.5.3.1.1). Case does not count.
package struct ReturnPathToken: Hashable, Sendable, CustomStringConvertible {
    package static let fieldName = "X-Postern-Report"
    static let prefix = "b+"
    static let signatureLength = 12

    package let message: MessageID
    let key: UInt8
    let signature: [UInt8]

    init(message: MessageID, key: UInt8, signature: [UInt8]) {
        self.message = message
        self.key = key
        self.signature = signature
    }

    // token = 39base32 "." 21base32
    package init?(parsing text: some StringProtocol) {
        guard text.utf8.count == 61 else { return nil }
        let halves = text.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count == 2, let id = LowerBase32.decode(halves[0], octets: MessageID.octetCount),
            let message = MessageID(octets: id),
            let proof = LowerBase32.decode(halves[1], octets: 1 + Self.signatureLength), let key = proof.first
        else { return nil }
        self.init(message: message, key: key, signature: Array(proof.dropFirst()))
    }

    /// The token of a return path; its domain may be any that leads here.
    package init?(_ recipient: Mailbox) {
        let local = recipient.localPart
        guard local.utf8.count == 63, local.prefix(2).lowercased() == Self.prefix else { return nil }
        self.init(parsing: local.dropFirst(2))
    }

    package var description: String {
        "\(LowerBase32.encode(message.octets ?? [])).\(LowerBase32.encode([key] + signature))"
    }

    package func returnPath(at domain: Domain) -> ReversePath? {
        (try? Mailbox(localPart: Self.prefix + description, domain: domain)).map { .mailbox($0) }
    }
}

extension MessageID {
    /// Region code, milliseconds, UUID.
    static let octetCount = 24
    private static let end = "-000000"
    /// Digits between the hyphens; the first two groups of the UUID's text follow the first sixteen.
    private static let groups = [16, 8, 4, 4, 4, 12]

    /// The octets that make an id; nil for one that this server would not have given.
    var octets: [UInt8]? {
        let digits = description.utf8.dropLast(Self.end.utf8.count).filter { $0 != UInt8(ascii: "-") }
        guard digits.count == Self.octetCount * 2, description.hasSuffix(Self.end) else { return nil }
        var octets: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            guard let value = Self.value(of: digit) else { return nil }
            if let half = high {
                octets.append(half << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return MessageID(octets: octets)?.description == description ? octets : nil
    }

    init?(octets: [UInt8]) {
        guard octets.count == Self.octetCount else { return nil }
        let digits = octets.flatMap { [Self.digit($0 >> 4), Self.digit($0 & 15)] }
        var text: [UInt8] = []
        var rest = digits[...]
        for length in Self.groups {
            if !text.isEmpty { text.append(UInt8(ascii: "-")) }
            text += rest.prefix(length)
            rest = rest.dropFirst(length)
        }
        self.init(parsing: String(decoding: text, as: UTF8.self) + Self.end)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + (value - 10)
    }

    // Lower case only: that is how ids are written.
    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
