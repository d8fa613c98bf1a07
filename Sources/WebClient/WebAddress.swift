// SPDX-License-Identifier: Apache-2.0

import Mail

/// An `https` address that may be spoken to: a host by name, the port of HTTPS, no credentials (RFC 3986 §3).
struct WebAddress: Hashable, Sendable {
    static let maximumLength = 1_000

    let host: Domain
    /// Path and query; begins with `/`.
    let path: String

    init(host: Domain, path: String) {
        self.host = host
        self.path = path
    }

    /// - Throws: `WebFailure` for what is no such address.
    init(parsing text: String) throws(WebFailure) {
        let octets = Array(text.utf8)
        guard octets.count <= Self.maximumLength, octets.allSatisfy({ (33...126).contains($0) }),
            text.prefix(8).lowercased() == "https://"
        else { throw WebFailure("\(text.prefix(100)) is no https address") }
        let rest = octets.dropFirst(8).prefix { $0 != UInt8(ascii: "#") }
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let path = String(decoding: rest.dropFirst(authority.count), as: UTF8.self)
        var name = String(decoding: authority, as: UTF8.self)
        if name.hasSuffix(":443") { name.removeLast(4) }
        // A name whose last label is a number is an address to whoever connects.
        guard let host = try? Domain(parsing: name), host.labels.last?.allSatisfy(\.isNumber) == false else {
            throw WebFailure("\(text.prefix(100)) names no host, or a port other than 443")
        }
        self.init(host: host, path: path.hasPrefix("/") ? path : "/" + path)
    }
}

/// Why nothing came of a request.
struct WebFailure: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
