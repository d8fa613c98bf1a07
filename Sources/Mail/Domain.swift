// SPDX-License-Identifier: Apache-2.0

/// A domain name in canonical form: lower-case A-labels, no trailing dot (RFC 5321 §2.3.5, RFC 5890 §2.3.2.1).
///
/// Two spellings of one domain are one value, so a set or a dictionary of domains means what it says.
/// U-labels are accepted and turned into A-labels; address literals (`[192.0.2.1]`) are not domains.
///
/// Limits: 253 octets in all, 63 a label (RFC 1035 §2.3.4).
package struct Domain: Hashable, Sendable, Comparable, CustomStringConvertible {
    package static let maximumLength = 253
    package static let maximumLabelLength = 63

    /// The name as it goes on the wire.
    package let description: String

    // Domain = sub-domain *("." sub-domain)          ; RFC 5321 §4.1.2
    // sub-domain = Let-dig [Ldh-str]                  ; and `_`, which DNS names of services carry
    package init(parsing text: some StringProtocol) throws(SyntaxError) { try self.init(parsing: String(text)) }

    package init(parsing text: String) throws(SyntaxError) {
        if Self.isCanonical(text.utf8) {
            description = text
            return
        }
        var labels: [String] = []
        var offset = 0
        for label in text.split(separator: ".", omittingEmptySubsequences: false) {
            labels.append(try Self.canonical(label: label, at: offset))
            offset += label.utf8.count + 1
        }
        let name = labels.joined(separator: ".")
        guard name.utf8.count <= Self.maximumLength else {
            throw SyntaxError(expected: "a domain of at most \(Self.maximumLength) octets", offset: Self.maximumLength)
        }
        self.description = name
    }

    /// Labels from the host to the top: `mail`, `example`, `com`.
    package var labels: [Substring] { description.split(separator: ".") }

    /// The domain one level up, or nil for a top-level name.
    package var parent: Domain? {
        guard let dot = description.firstIndex(of: ".") else { return nil }
        return try? Domain(parsing: description[description.index(after: dot)...])
    }

    /// Whether this is `other` or lies beneath it.
    package func isWithin(_ other: Domain) -> Bool {
        guard description != other.description else { return true }
        let (own, outer) = (description.utf8, other.description.utf8)
        guard own.count > outer.count else { return false }
        let rest = own.dropFirst(own.count - outer.count - 1)
        return rest.first == UInt8(ascii: ".") && rest.dropFirst().elementsEqual(outer)
    }

    package static func < (left: Domain, right: Domain) -> Bool { left.description < right.description }

    /// Whether a name may be taken as it is: what most names are, found in one pass.
    private static func isCanonical(_ name: some Collection<UInt8>) -> Bool {
        var length = 0
        var label = 0
        var last = UInt8(ascii: ".")
        for octet in name {
            length += 1
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                label += 1
            case UInt8(ascii: "-") where last != UInt8(ascii: "."): label += 1
            case UInt8(ascii: ".") where last != UInt8(ascii: ".") && last != UInt8(ascii: "-"): label = 0
            default: return false
            }
            guard label <= maximumLabelLength else { return false }
            last = octet
        }
        return label > 0 && last != UInt8(ascii: "-") && length <= maximumLength
    }

    private static func canonical(label: some StringProtocol, at offset: Int) throws(SyntaxError) -> String {
        let ascii = label.utf8.allSatisfy { $0 < 0x80 }
        let wire = ascii ? label.lowercased() : try Punycode.aLabel(label.lowercased(), at: offset)
        guard !wire.isEmpty else { throw SyntaxError(expected: "a domain label", offset: offset) }
        guard wire.utf8.count <= maximumLabelLength else {
            throw SyntaxError(expected: "a label of at most \(maximumLabelLength) octets", offset: offset)
        }
        guard wire.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }),
            wire.utf8.first != UInt8(ascii: "-"), wire.utf8.last != UInt8(ascii: "-")
        else { throw SyntaxError(expected: "letters, digits and inner hyphens in a domain label", offset: offset) }
        return wire
    }
}

extension UInt8 {
    /// ALPHA / DIGIT of RFC 5234.
    package var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
