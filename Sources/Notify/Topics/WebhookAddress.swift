// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An address that notifications may be posted to: `https://hooks.example.com:8443/path?query` (RFC 3986 §3).
///
/// A host is a name, a dotted IPv4 address, or an IPv6 address in brackets. No credentials, no fragment, and none of the
/// ways to write an address as one number, in octal or in hexadecimal digits. No port of mail, whose servers would read
/// commands out of a body.
package struct WebhookAddress: Hashable, Sendable, CustomStringConvertible {
    /// Octets of the whole.
    package static let longest = 2_048

    package let isSecure: Bool
    /// In lower case; IPv6 without its brackets.
    package let host: String
    package let port: Int
    /// Path and query; begins with `/`.
    package let path: String

    /// Nil for what is no such address.
    package init?(_ text: String) {
        let octets = Array(text.utf8)
        guard octets.count <= Self.longest, octets.allSatisfy({ (33...126).contains($0) && !Self.barred.contains($0) }),
            let scheme = ["https://", "http://"].first(where: { text.lowercased().hasPrefix($0) })
        else { return nil }
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard let (host, port) = Self.parts(of: String(decoding: authority, as: UTF8.self)) else { return nil }
        isSecure = scheme == "https://"
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        guard !Self.mailPorts.contains(self.port) else { return nil }
        let path = String(decoding: rest.dropFirst(authority.count), as: UTF8.self)
        self.path = path.hasPrefix("/") ? path : "/" + path
    }

    // SMTP, POP3, IMAP, submission and ManageSieve.
    private static let mailPorts: Set<Int> = [24, 25, 109, 110, 143, 465, 587, 993, 995, 2525, 4190]

    private static let barred = Set("#\\<>\"{}|^`".utf8)

    package var description: String { "\(isSecure ? "https" : "http")://\(authority)\(path)" }

    /// Host and port as they stand in an address: the port only where it is not the scheme's own.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Whether the host is an address itself.
    package var isLiteral: Bool { Self.isAddress(host, AF_INET) || Self.isAddress(host, AF_INET6) }

    private static func parts(of authority: String) -> (host: String, port: Int?)? {
        var host = authority[...]
        var port: Int?
        let colon = authority.lastIndex(of: ":")
        if let colon, authority[colon...].dropFirst().allSatisfy({ $0 != "]" }) {
            guard let number = UInt16(authority[colon...].dropFirst()), number > 0,
                authority[colon...].dropFirst().utf8.allSatisfy({ (48...57).contains($0) })
            else { return nil }
            port = Int(number)
            host = authority[..<colon]
        }
        return name(String(host).lowercased()).map { ($0, port) }
    }

    private static func name(_ text: String) -> String? {
        if text.hasPrefix("[") {
            let inner = String(text.dropFirst().dropLast())
            return text.hasSuffix("]") && isAddress(inner, AF_INET6) ? inner : nil
        }
        if isAddress(text, AF_INET) { return text }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...253).contains(text.utf8.count), labels.allSatisfy(isLabel), let last = labels.last else {
            return nil
        }
        // Whoever connects would take a name that ends in a number for an address.
        return last.utf8.first.map { (48...57).contains($0) } == true ? nil : text
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.utf8.first != UInt8(ascii: "-")
            && label.utf8.last != UInt8(ascii: "-")
            && label.utf8.allSatisfy { octet in
                (97...122).contains(octet) || (48...57).contains(octet) || octet == UInt8(ascii: "-")
                    || octet == UInt8(ascii: "_")
            }
    }

    // inet_pton reads four decimal numbers only, none with a zero before it.
    private static func isAddress(_ text: String, _ family: Int32) -> Bool {
        var octets = [UInt8](repeating: 0, count: 16)
        return inet_pton(family, text, &octets) == 1
    }
}
