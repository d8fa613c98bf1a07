// SPDX-License-Identifier: Apache-2.0

/// Decoding of record data (RFC 1035 §3.3, RFC 3596). Data too short for its type is nil, never a trap.
package enum RecordData {
    package static func mx(_ data: [UInt8]) -> MXRecord? {
        guard data.count >= 3, let exchange = name(data.dropFirst(2)) else { return nil }
        return MXRecord(preference: UInt16(data[0]) << 8 | UInt16(data[1]), exchange: exchange)
    }

    package static func txt(_ data: [UInt8]) -> TXTRecord? {
        var text: [UInt8] = []
        var rest = data[...]
        while let length = rest.first {
            guard rest.count > Int(length) else { return nil }
            text += rest.dropFirst().prefix(Int(length))
            rest = rest.dropFirst(Int(length) + 1)
        }
        return TXTRecord(text: String(decoding: text, as: UTF8.self))
    }

    package static func ipv4(_ data: [UInt8]) -> AddressRecord? {
        guard data.count == 4 else { return nil }
        return AddressRecord(address: data.map { String($0) }.joined(separator: "."), isIPv6: false)
    }

    package static func ipv6(_ data: [UInt8]) -> AddressRecord? {
        guard data.count == 16 else { return nil }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(data[$0]) << 8 | UInt16(data[$0 + 1]) }
        return AddressRecord(address: groups.map { String($0, radix: 16) }.joined(separator: ":"), isIPv6: true)
    }

    // Uncompressed labels: length, octets, … 0
    private static func name(_ data: ArraySlice<UInt8>) -> String? {
        var labels: [String] = []
        var rest = data
        while let length = rest.first {
            if length == 0 { return labels.joined(separator: ".").lowercased() }
            guard length <= 63, rest.count > Int(length), labels.count < 128 else { return nil }
            labels.append(String(decoding: rest.dropFirst().prefix(Int(length)), as: UTF8.self))
            rest = rest.dropFirst(Int(length) + 1)
        }
        return nil
    }
}
