// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whether an address belongs to the open internet: what a stranger's name may lead our web client to.
///
/// Loopback, private, link-local, shared, documentation, multicast and reserved ranges do not (RFC 6890), in whatever
/// way they are wrapped: IPv4 inside IPv6 (RFC 4291 §2.5.5), NAT64 (RFC 6052), 6to4 (RFC 3056).
enum PublicAddress {
    /// `192.0.2.1` or `2001:db8::1`; what is no address is not public.
    static func contains(_ text: String) -> Bool {
        var v4 = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &v4) == 1 { return isPublic(v4: v4[...]) }
        var v6 = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &v6) == 1 && isPublic(v6: v6)
    }

    private static let closedV4: [([UInt8], Int)] = [
        ([0, 0, 0, 0], 8), ([10, 0, 0, 0], 8), ([100, 64, 0, 0], 10), ([127, 0, 0, 0], 8), ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12), ([192, 0, 0, 0], 24), ([192, 0, 2, 0], 24), ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16), ([198, 18, 0, 0], 15), ([198, 51, 100, 0], 24), ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 3),
    ]

    private static func isPublic(v4 address: ArraySlice<UInt8>) -> Bool {
        !closedV4.contains { isWithin(address, $0.0, bits: $0.1) }
    }

    // Only 2000::/3 is given out (RFC 4291 §2.4); of that Teredo, documentation and 6to4 lead elsewhere.
    private static func isPublic(v6 address: [UInt8]) -> Bool {
        let nat64: [UInt8] = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]
        if address.starts(with: nat64) { return isPublic(v4: address[12...]) }
        if address.starts(with: [0x20, 0x02]) { return isPublic(v4: address[2..<6]) }
        let closed: [([UInt8], Int)] = [
            ([0x20, 0x01, 0, 0], 23), ([0x20, 0x01, 0x0d, 0xb8], 32), ([0x3f, 0xff], 20),
        ]
        return isWithin(address[...], [0x20], bits: 3)
            && !closed.contains { isWithin(address[...], $0.0, bits: $0.1) }
    }

    private static func isWithin(_ address: ArraySlice<UInt8>, _ prefix: [UInt8], bits: Int) -> Bool {
        var rest = bits
        for (octet, wanted) in zip(address, prefix + [0, 0]) where rest > 0 {
            let mask = rest >= 8 ? UInt8.max : ~(UInt8.max >> UInt8(rest))
            guard octet & mask == wanted & mask else { return false }
            rest -= 8
        }
        return true
    }
}
