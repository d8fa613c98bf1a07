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

    package static func tlsa(_ data: [UInt8]) -> TLSARecord? {
        guard data.count >= 3 else { return nil }
        return TLSARecord(usage: data[0], selector: data[1], matching: data[2], data: Array(data.dropFirst(3)))
    }

    package static func ipv4(_ data: [UInt8]) -> AddressRecord? {
        guard data.count == 4 else { return nil }
        return AddressRecord(address: data.map { String($0) }.joined(separator: "."), isIPv6: false)
    }

    package static func ipv6(_ data: [UInt8]) -> AddressRecord? {
        guard data.count == 16 else { return nil }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(data[$0]) << 8 | UInt16(data[$0 + 1]) }
        return AddressRecord(address: text(groups), isIPv6: true)
    }

    // RFC 5952 §4: the first of the longest runs of zero groups, two at least, is "::".
    private static func text(_ groups: [UInt16]) -> String {
        var best = 0..<0
        var start = 0
        for index in groups.indices {
            if groups[index] != 0 {
                start = index + 1
            } else if index + 1 - start > best.count {
                best = start..<(index + 1)
            }
        }
        let words = groups.map { String($0, radix: 16) }
        guard best.count > 1 else { return words.joined(separator: ":") }
        return words[..<best.lowerBound].joined(separator: ":") + "::"
            + words[best.upperBound...].joined(separator: ":")
    }

    // Uncompressed labels: length, octets, … 0; at most 255 octets in all. Only host names' octets are taken: others
    // would mean something else to a log, to C or to SMTP.
    private static func name(_ data: ArraySlice<UInt8>) -> String? {
        var labels: [String] = []
        var rest = data
        while let length = rest.first {
            if length == 0 { return labels.joined(separator: ".").lowercased() }
            guard length <= 63, rest.count > Int(length) else { return nil }
            let label = rest.dropFirst().prefix(Int(length))
            rest = rest.dropFirst(Int(length) + 1)
            guard data.count - rest.count < 255, label.allSatisfy(isHostOctet) else { return nil }
            labels.append(String(decoding: label, as: UTF8.self))
        }
        return nil
    }

    private static func isHostOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
