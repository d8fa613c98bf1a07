// SPDX-License-Identifier: Apache-2.0

/// Values that are no texts: their classes lie between bounds.
extension KeyValues {
    /// A text that no operator but those of texts can read.
    static let illTyped = "?"

    /// Bounds, and what lies between and beside them.
    static func numbers(_ key: String, _ tests: [ValueTest]) -> [String] {
        let bounds = Set(
            tests.compactMap { test -> Double? in
                switch test {
                case .number(let test), .date(let test): test.bound
                default: nil
                }
            }
        ).sorted()
        // Whole seconds, as SES and Postern bring them.
        let isWhole = [
            "aws:multifactorauthage", "aws:epochtime", "aws:currenttime", "aws:tokenissuetime",
        ].contains(key)
        var values: [Double] = [0]
        for (index, bound) in bounds.enumerated() {
            values += [bound, bound.rounded(.down) + 1, bound.rounded(.up) - 1]
            guard !isWhole else { continue }
            values += [bound.nextDown, bound.nextUp]
            if index > 0 { values.append(bound / 2 + bounds[index - 1] / 2) }
        }
        if isWhole { values = values.filter { $0 >= 0 && $0 == $0.rounded() } }
        return distinct(values.filter(\.isFinite).map(text)) + (isWhole ? [] : [illTyped])
    }

    private static func text(_ value: Double) -> String { Int64(exactly: value).map { "\($0)" } ?? "\(value)" }

    /// The values themselves, another one, and what is no Base64.
    static func binaries(_ tests: [ValueTest]) -> [String] {
        let known = tests.compactMap { if case .binary(let bytes) = $0 { bytes } else { nil } }
        let longest = known.map(\.count).max() ?? 0
        let stranger = [UInt8](repeating: 0, count: longest + 1)
        return distinct((known + [stranger]).map(PolicyBinary.text)) + [illTyped]
    }

    static func addresses(_ key: String, _ tests: [ValueTest]) -> [String] {
        let ranges = tests.compactMap { if case .address(let range) = $0 { range } else { nil } }
        let edges = ranges.flatMap(\.edges)
        // Strangers of both families, where a range left any; an address written into the other family is the other's.
        let strangers = [[203, 0, 113, 77], [0, 0, 0, 0], AddressRange.documentation, AddressRange.behindMapped]
            .map(AddressRange.text)
        let zero = AddressRange.text([UInt8](repeating: 0, count: 16))
        return distinct(strangers + [zero] + edges) + (key == "aws:sourceip" ? [] : [illTyped])
    }

    static func distinct(_ words: [String]) -> [String] {
        var seen: Set<ExactText> = []
        return words.filter { seen.insert(ExactText($0)).inserted }
    }
}

extension AddressRange {
    /// `2001:db8::4d`
    static let documentation: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [77]
    /// The first address behind those that are written into IPv6 and are read as IPv4: `::1:0:0:0`.
    static let behindMapped: [UInt8] = [UInt8](repeating: 0, count: 9) + [1] + [UInt8](repeating: 0, count: 6)

    /// Its first address, its last, and those beside it.
    var edges: [String] {
        var last = network
        for bit in prefix..<network.count * 8 { last[bit / 8] |= 0x80 >> UInt8(bit % 8) }
        return [network, last, Self.neighbour(of: last, 1), Self.neighbour(of: network, -1)].map(Self.text)
    }

    /// The next address, or the one before; round from the last to the first.
    private static func neighbour(of address: [UInt8], _ step: Int) -> [UInt8] {
        var address = address
        for index in address.indices.reversed() {
            address[index] = step > 0 ? address[index] &+ 1 : address[index] &- 1
            let isCarried = step > 0 ? address[index] == 0 : address[index] == UInt8.max
            guard isCarried else { break }
        }
        return address
    }

    static func text(_ address: [UInt8]) -> String {
        guard address.count == 16 else { return address.map { "\($0)" }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { Int(address[$0]) << 8 | Int(address[$0 + 1]) }
        return groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
}
