// SPDX-License-Identifier: Apache-2.0

/// The few wire types of protocol buffers that OpenTelemetry needs.
struct Protobuf {
    private(set) var octets: [UInt8] = []

    mutating func varint(_ field: UInt64, _ value: UInt64) {
        raw(field << 3)
        raw(value)
    }

    mutating func fixed64(_ field: UInt64, _ value: UInt64) {
        raw(field << 3 | 1)
        for shift in stride(from: 0, to: 64, by: 8) { octets.append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }

    mutating func fixed32(_ field: UInt64, _ value: UInt32) {
        raw(field << 3 | 5)
        for shift in stride(from: 0, to: 32, by: 8) { octets.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
    }

    mutating func double(_ field: UInt64, _ value: Double) { fixed64(field, value.bitPattern) }

    /// A repeated field of eight octets each, packed.
    mutating func packed64(_ field: UInt64, _ values: [UInt64]) {
        bytes(field, values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) } })
    }

    mutating func text(_ field: UInt64, _ value: String) { bytes(field, Array(value.utf8)) }

    mutating func bytes(_ field: UInt64, _ value: [UInt8]) {
        raw(field << 3 | 2)
        raw(UInt64(value.count))
        octets += value
    }

    mutating func message(_ field: UInt64, _ build: (inout Protobuf) -> Void) {
        var inner = Protobuf()
        build(&inner)
        raw(field << 3 | 2)
        raw(UInt64(inner.octets.count))
        octets += inner.octets
    }

    private mutating func raw(_ value: UInt64) {
        var rest = value
        while rest > 127 {
            octets.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        octets.append(UInt8(rest))
    }

    /// The first varint of a field, looked for along a path of messages; nil where the octets are something else.
    static func varint(at path: [UInt64], in octets: ArraySlice<UInt8>) -> UInt64? {
        var rest = octets
        while let key = readVarint(&rest) {
            switch key & 7 {
            case 0:
                guard let value = readVarint(&rest) else { return nil }
                if path == [key >> 3] { return value }
            case 2:
                guard let length = readVarint(&rest), length <= UInt64(rest.count) else { return nil }
                let inner = rest.prefix(Int(length))
                rest = rest.dropFirst(Int(length))
                if path.count > 1, path.first == key >> 3 { return varint(at: Array(path.dropFirst()), in: inner) }
            case 1, 5:
                let length = key & 7 == 1 ? 8 : 4
                guard rest.count >= length else { return nil }
                rest = rest.dropFirst(length)
            default: return nil
            }
        }
        return nil
    }

    private static func readVarint(_ octets: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard let octet = octets.popFirst() else { return nil }
            value |= UInt64(octet & 127) << UInt64(shift)
            if octet < 128 { return value }
        }
        return nil
    }
}
