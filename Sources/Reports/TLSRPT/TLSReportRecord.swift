// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The TXT record at `_smtp._tls.DOMAIN` that says where reports on TLS go (RFC 8460 §3).
///
/// Limits: five destinations of 1,000 octets; more are passed over.
package struct TLSReportRecord: Hashable, Sendable {
    package enum Destination: Hashable, Sendable {
        case mailbox(Mailbox)
        /// An `https` address to post to.
        case web(String)
    }

    package static let maximumDestinations = 5
    package static let maximumLength = 1_000

    /// Never empty.
    package let destinations: [Destination]

    // tlsrpt-record = tlsrpt-version *WSP field-delim *WSP tlsrpt-rua *(field-delim tlsrpt-extension) [field-delim]
    // tlsrpt-version = %s"v=TLSRPTv1"; tlsrpt-rua = %s"rua=" tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri)
    package init?(parsing text: some StringProtocol) {
        guard Self.claims(text) else { return nil }
        let fields = Self.pieces(Array(text.utf8)[...], at: UInt8(ascii: ";"))
        guard let rua = fields.first(where: { $0.starts(with: Array("rua=".utf8)) }) else { return nil }
        let found = Self.pieces(rua.dropFirst(4), at: UInt8(ascii: ",")).compactMap(Self.destination)
        guard !found.isEmpty else { return nil }
        destinations = Array(found.prefix(Self.maximumDestinations))
    }

    /// The record among all TXT records of the name; nil unless exactly one claims to be it.
    package static func only(among texts: [String]) -> TLSReportRecord? {
        let candidates = texts.filter { Self.claims($0) }
        guard candidates.count == 1, let text = candidates.first else { return nil }
        return TLSReportRecord(parsing: text)
    }

    private static func claims(_ text: some StringProtocol) -> Bool { text.utf8.starts(with: "v=TLSRPTv1;".utf8) }

    private static func destination(_ octets: ArraySlice<UInt8>) -> Destination? {
        guard octets.count <= maximumLength, octets.allSatisfy({ (33...126).contains($0) }) else { return nil }
        let text = String(decoding: octets, as: UTF8.self)
        if hasScheme("https://", text) { return .web(text) }
        guard hasScheme("mailto:", text) else { return nil }
        let address = octets.dropFirst(7).prefix { $0 != UInt8(ascii: "?") }
        guard let plain = unescaped(address), let mailbox = try? Mailbox(parsing: plain) else { return nil }
        return .mailbox(mailbox)
    }

    private static func hasScheme(_ scheme: String, _ text: String) -> Bool {
        text.utf8.count > scheme.utf8.count && text.prefix(scheme.count).lowercased() == scheme
    }

    // pct-encoded = "%" HEXDIG HEXDIG                ; RFC 3986 §2.1
    private static func unescaped(_ octets: ArraySlice<UInt8>) -> String? {
        var result: [UInt8] = []
        var rest = octets
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "%") else {
                result.append(octet)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 else {
                return nil
            }
            result.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: result, as: UTF8.self)
    }

    private static func pieces(_ octets: ArraySlice<UInt8>, at mark: UInt8) -> [ArraySlice<UInt8>] {
        octets.split(separator: mark).map { piece in
            let start = piece.drop { $0 == 32 || $0 == 9 }
            let end = start.lastIndex { $0 != 32 && $0 != 9 }.map { $0 + 1 } ?? start.startIndex
            return start[..<end]
        }
    }
}
