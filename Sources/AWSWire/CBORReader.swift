// SPDX-License-Identifier: Apache-2.0

/// Reads CBOR strictly (RFC 8949, §3 and appendix C): every form of a number and a length, nothing that is not well-formed.
///
/// Refused too are map keys that are not text or stand twice, text that is not UTF-8, and unassigned simple values.
/// A length is compared with the octets that are left before anything is made of it.
struct CBORReader {
    /// Arrays, maps and tags in one another.
    static let maximumDepth = 64
    private static let indefinite: UInt8 = 31
    private static let end: UInt8 = 0xFF

    private let octets: [UInt8]
    private var position = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    mutating func document() throws(CBORSyntaxError) -> CBORValue {
        let value = try item(in: 0)
        guard left == 0 else { throw fault("more octets after the end") }
        return value
    }

    private var left: Int { octets.count - position }

    private func fault(_ reason: String) -> CBORSyntaxError { CBORSyntaxError(reason: reason, offset: position) }

    private mutating func octet() throws(CBORSyntaxError) -> UInt8 {
        guard left > 0 else { throw fault("the end is missing") }
        defer { position += 1 }
        return octets[position]
    }

    // The initial octet: three bits of type, five of further information.
    private mutating func item(in levels: Int) throws(CBORSyntaxError) -> CBORValue {
        let initial = try octet()
        let information = initial & 31
        switch initial >> 5 {
        case 0: return .unsigned(try argument(information))
        case 1: return .negative(try argument(information))
        case 2: return .bytes(try bytes(information))
        case 3: return .text(try text(information))
        case 4: return try array(information, in: levels + 1)
        case 5: return try map(information, in: levels + 1)
        case 6:
            let tag = try argument(information)
            return .tagged(tag, try inner(levels + 1))
        default: return try simple(information)
        }
    }

    private mutating func inner(_ levels: Int) throws(CBORSyntaxError) -> CBORValue {
        guard levels <= Self.maximumDepth else { throw fault("more than \(Self.maximumDepth) levels") }
        return try item(in: levels)
    }

    private mutating func argument(_ information: UInt8) throws(CBORSyntaxError) -> UInt64 {
        switch information {
        case 0..<24: return UInt64(information)
        case 24: return try number(1)
        case 25: return try number(2)
        case 26: return try number(4)
        case 27: return try number(8)
        default: throw fault("a reserved form of a number")
        }
    }

    private mutating func number(_ width: Int) throws(CBORSyntaxError) -> UInt64 {
        guard width <= left else { throw fault("the end is missing") }
        defer { position += width }
        return octets[position..<position + width].reduce(0) { $0 << 8 | UInt64($1) }
    }

    // So many octets or items as there can be at all.
    private mutating func length(_ information: UInt8, octetsEach: Int = 1) throws(CBORSyntaxError) -> Int {
        let length = try argument(information)
        guard length <= UInt64(left / octetsEach) else { throw fault("a length beyond the end") }
        return Int(length)
    }

    private mutating func slice(_ information: UInt8) throws(CBORSyntaxError) -> ArraySlice<UInt8> {
        let length = try length(information)
        defer { position += length }
        return octets[position..<position + length]
    }

    private mutating func isAtEnd() throws(CBORSyntaxError) -> Bool {
        guard left > 0 else { throw fault("the end is missing") }
        guard octets[position] == Self.end else { return false }
        position += 1
        return true
    }

    // The pieces of a string are of its type and have lengths (§3.2.3).
    private mutating func piece(of type: UInt8) throws(CBORSyntaxError) -> UInt8 {
        let initial = try octet()
        guard initial >> 5 == type else { throw fault("another type within a string") }
        return initial & 31
    }

    private mutating func bytes(_ information: UInt8) throws(CBORSyntaxError) -> [UInt8] {
        guard information == Self.indefinite else { return Array(try slice(information)) }
        var whole: [UInt8] = []
        while try !isAtEnd() { whole += try slice(try piece(of: 2)) }
        return whole
    }

    private mutating func text(_ information: UInt8) throws(CBORSyntaxError) -> String {
        guard information == Self.indefinite else { return try utf8(try slice(information)) }
        var whole = ""
        while try !isAtEnd() { whole += try utf8(try slice(try piece(of: 3))) }
        return whole
    }

    private func utf8(_ slice: ArraySlice<UInt8>) throws(CBORSyntaxError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw fault("text that is not UTF-8") }
        return text
    }

    private mutating func array(_ information: UInt8, in levels: Int) throws(CBORSyntaxError) -> CBORValue {
        var elements: [CBORValue] = []
        if information == Self.indefinite {
            while try !isAtEnd() { elements.append(try inner(levels)) }
        } else {
            // Nothing is reserved: arrays in one another would each reserve for all that is left.
            for _ in 0..<(try length(information)) { elements.append(try inner(levels)) }
        }
        return .array(elements)
    }

    private mutating func map(_ information: UInt8, in levels: Int) throws(CBORSyntaxError) -> CBORValue {
        var members: [CBORValue.Member] = []
        // Octets, because equality of texts is more than that of their octets.
        var names: Set<[UInt8]> = []
        if information == Self.indefinite {
            while try !isAtEnd() { members.append(try member(in: levels, &names)) }
        } else {
            for _ in 0..<(try length(information, octetsEach: 2)) { members.append(try member(in: levels, &names)) }
        }
        return .map(members)
    }

    private mutating func member(
        in levels: Int, _ names: inout Set<[UInt8]>
    ) throws(CBORSyntaxError) -> CBORValue.Member {
        let initial = try octet()
        guard initial >> 5 == 3 else { throw fault("a key that is not text") }
        let name = try text(initial & 31)
        guard names.insert(Array(name.utf8)).inserted else { throw fault("a key that stands twice") }
        return CBORValue.Member(name, try inner(levels))
    }

    private mutating func simple(_ information: UInt8) throws(CBORSyntaxError) -> CBORValue {
        switch information {
        case 20: return .boolean(false)
        case 21: return .boolean(true)
        case 22, 23: return .null
        case 25: return .double(Self.half(try number(2)))
        case 26: return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try number(4)))))
        case 27: return .double(Double(bitPattern: try number(8)))
        default: throw fault("an unassigned simple value")
        }
    }

    // One bit of sign, five of exponent, ten of fraction (appendix D).
    private static func half(_ bits: UInt64) -> Double {
        let fraction = Double(bits & 0x3FF)
        let exponent = Int(bits >> 10 & 31)
        let size: Double =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 31: fraction == 0 ? .infinity : .nan
            default: Double(sign: .plus, exponent: exponent - 25, significand: fraction + 1024)
            }
        return bits & 0x8000 == 0 ? size : -size
    }
}
