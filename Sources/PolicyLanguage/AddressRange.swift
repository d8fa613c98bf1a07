// SPDX-License-Identifier: Apache-2.0

/// A network of IPv4 or IPv6 addresses in CIDR form (RFC 4632, RFC 4291 §2.3); without a prefix, one address.
package struct AddressRange: Hashable, Sendable {
    /// 4 or 16 octets, host bits zero.
    let network: [UInt8]
    let prefix: Int

    /// Nil when the text is no network. Host bits are ignored, as IAM does.
    package init?(_ text: String) {
        let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Self.octets(of: String(halves[0])) else { return nil }
        var prefix = address.count * 8
        if halves.count == 2 {
            guard halves[1].utf8.count <= 3, halves[1].utf8.allSatisfy({ (48...57).contains($0) }),
                let given = Int(halves[1]), given <= prefix
            else { return nil }
            prefix = given
        }
        self.prefix = prefix
        network = Self.masked(address, prefix)
    }

    package func contains(_ address: String) -> Bool {
        guard let octets = Self.octets(of: address), octets.count == network.count else { return false }
        return Self.masked(octets, prefix) == network
    }

    private static func masked(_ octets: [UInt8], _ prefix: Int) -> [UInt8] {
        octets.enumerated().map { index, octet in
            let kept = min(max(prefix - index * 8, 0), 8)
            return kept == 0 ? 0 : octet & (0xFF << (8 - UInt8(kept)))
        }
    }

    /// IPv4 addresses written into IPv6 (`::ffff:10.1.2.3`) are read as IPv4, which they are.
    static func octets(of text: String) -> [UInt8]? {
        guard text.contains(":") else { return ipv4(text[...]) }
        guard let octets = ipv6(text) else { return nil }
        let isMapped = octets[..<10].allSatisfy { $0 == 0 } && octets[10] == 0xFF && octets[11] == 0xFF
        return isMapped ? Array(octets[12...]) : octets
    }

    private static func ipv4(_ text: Substring) -> [UInt8]? {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false)
        guard fields.count == 4 else { return nil }
        var octets: [UInt8] = []
        for field in fields {
            // Leading zeros mean octal to some readers: two readers, two addresses.
            guard (1...3).contains(field.utf8.count), field.utf8.allSatisfy({ (48...57).contains($0) }),
                field.utf8.count == 1 || field.first != "0", let octet = UInt8(field)
            else { return nil }
            octets.append(octet)
        }
        return octets
    }

    private static func ipv6(_ text: String) -> [UInt8]? {
        guard let gap = text.firstRange(of: "::") else {
            guard let octets = groups(text[...]), octets.count == 16 else { return nil }
            return octets
        }
        guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func groups(_ text: Substring) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        var octets: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index == fields.count - 1, field.contains("."), let last = ipv4(field) {
                octets += last
                continue
            }
            guard (1...4).contains(field.utf8.count), field.allSatisfy(\.isHexDigit),
                let value = UInt16(field, radix: 16)
            else { return nil }
            octets += [UInt8(value >> 8), UInt8(value & 255)]
        }
        return octets
    }
}
