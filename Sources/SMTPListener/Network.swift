// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A range of addresses in CIDR notation (RFC 4632, RFC 4291 §2.3).
package struct Network: Hashable, Sendable {
    private let prefix: [UInt8]
    private let length: Int

    /// Nil for what is no network: `10.0.0.0/8`, `::1/128`, or a single address.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let octets = Self.octets(String(parts[0])) else { return nil }
        guard let length = parts.count == 2 ? Int(parts[1]) : octets.count * 8, (0...octets.count * 8).contains(length)
        else { return nil }
        prefix = octets
        self.length = length
    }

    package func contains(_ address: String) -> Bool {
        guard let octets = Self.octets(address), octets.count == prefix.count else { return false }
        return (0..<length).allSatisfy { bit in
            let mask: UInt8 = 0x80 >> UInt8(bit % 8)
            return octets[bit / 8] & mask == prefix[bit / 8] & mask
        }
    }

    /// Whether only this machine is in it.
    package var isLoopback: Bool {
        prefix.count == 4
            ? length >= 8 && prefix[0] == 127 : length == 128 && prefix == [UInt8](repeating: 0, count: 15) + [1]
    }

    private static func octets(_ text: String) -> [UInt8]? {
        var v4 = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &v4) == 1 { return v4 }
        var v6 = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        // ::ffff:192.0.2.1 is the IPv4 address it wraps.
        return v6.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255] ? Array(v6.suffix(4)) : v6
    }
}
