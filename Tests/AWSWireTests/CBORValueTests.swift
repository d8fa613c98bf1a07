// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AWSWire

@Suite("CBOR as RFC 8949 has it")
struct CBORValueTests {
    private static let counted: [CBORValue] = (1...25).map { .unsigned($0) }
    private static let countedOctets = "0102030405060708090a0b0c0d0e0f101112131415161718181819"
    private static let nested: CBORValue = .array([
        .unsigned(1), .array([.unsigned(2), .unsigned(3)]), .array([.unsigned(4), .unsigned(5)]),
    ])

    /// Appendix A as far as it is read, written the one way there is for each.
    private static let examples: [(String, CBORValue)] = [
        ("00", .unsigned(0)), ("01", .unsigned(1)), ("0a", .unsigned(10)), ("17", .unsigned(23)),
        ("1818", .unsigned(24)), ("1819", .unsigned(25)), ("1864", .unsigned(100)), ("1903e8", .unsigned(1000)),
        ("1a000f4240", .unsigned(1_000_000)), ("1b000000e8d4a51000", .unsigned(1_000_000_000_000)),
        ("1bffffffffffffffff", .unsigned(.max)), ("c249010000000000000000", .tagged(2, .bytes([1] + zeros))),
        ("3bffffffffffffffff", .negative(.max)), ("c349010000000000000000", .tagged(3, .bytes([1] + zeros))),
        ("20", .negative(0)), ("29", .negative(9)), ("3863", .negative(99)), ("3903e7", .negative(999)),
        ("fb3ff199999999999a", .double(1.1)), ("fb7e37e43c8800759c", .double(1e300)),
        ("fbc010666666666666", .double(-4.1)), ("fb7ff0000000000000", .double(.infinity)),
        ("fbfff0000000000000", .double(-.infinity)), ("f4", .boolean(false)), ("f5", .boolean(true)), ("f6", .null),
        ("c074323031332d30332d32315432303a30343a30305a", .tagged(0, .text("2013-03-21T20:04:00Z"))),
        ("c11a514b67b0", .tagged(1, .unsigned(1_363_896_240))),
        ("c1fb41d452d9ec200000", .tagged(1, .double(1_363_896_240.5))),
        ("d74401020304", .tagged(23, .bytes([1, 2, 3, 4]))),
        ("d818456449455446", .tagged(24, .bytes([0x64, 0x49, 0x45, 0x54, 0x46]))),
        ("d82076687474703a2f2f7777772e6578616d706c652e636f6d", .tagged(32, .text("http://www.example.com"))),
        ("40", .bytes([])), ("4401020304", .bytes([1, 2, 3, 4])), ("60", .text("")), ("6161", .text("a")),
        ("6449455446", .text("IETF")), ("62225c", .text("\"\\")), ("62c3bc", .text("\u{FC}")),
        ("63e6b0b4", .text("\u{6C34}")), ("64f0908591", .text("\u{10151}")), ("80", .array([])),
        ("83010203", .array([.unsigned(1), .unsigned(2), .unsigned(3)])), ("8301820203820405", nested),
        ("9819\(countedOctets)", .array(counted)), ("a0", .map([])),
        ("a26161016162820203", .map([.init("a", .unsigned(1)), .init("b", .array([.unsigned(2), .unsigned(3)]))])),
        ("826161a161626163", .array([.text("a"), .map([.init("b", .text("c"))])])),
        (
            "a56161614161626142616361436164614461656145",
            .map(["a", "b", "c", "d", "e"].map { .init($0, .text($0.uppercased())) })
        ),
    ]
    private static let zeros = [UInt8](repeating: 0, count: 8)

    @Test("the examples, both ways", arguments: examples)
    func written(_ hex: String, _ value: CBORValue) throws {
        #expect(try CBORValue(reading: octets(hex)) == value)
        #expect(value.octets == octets(hex))
    }

    @Test(
        "what may be written in other ways too",
        arguments: [
            ("f90000", .double(0)), ("f98000", .double(-0.0)), ("f93c00", .double(1)), ("f93e00", .double(1.5)),
            ("f97bff", .double(65504)), ("fa47c35000", .double(100_000)), ("fa7f7fffff", .double(0x1.fffffep127)),
            ("f90001", .double(0x1p-24)), ("f903ff", .double(0x1.ff8p-15)), ("f90400", .double(0x1p-14)),
            ("f9c400", .double(-4)), ("f97c00", .double(.infinity)), ("f9fc00", .double(-.infinity)),
            ("fa7f800000", .double(.infinity)), ("faff800000", .double(-.infinity)), ("f7", .null),
            ("1800", .unsigned(0)), ("1b0000000000000001", .unsigned(1)), ("3a00000000", .negative(0)),
            ("5800", .bytes([])), ("7a0000000161", .text("a")), ("9b0000000000000000", .array([])),
            ("5f42010243030405ff", .bytes([1, 2, 3, 4, 5])), ("5fff", .bytes([])), ("5f40ff", .bytes([])),
            ("7f657374726561646d696e67ff", .text("streaming")), ("7fff", .text("")), ("9fff", .array([])),
            ("bfff", .map([])), ("9f018202039f0405ffff", nested), ("9f01820203820405ff", nested),
            ("83018202039f0405ff", nested), ("83019f0203ff820405", nested), ("9f\(countedOctets)ff", .array(counted)),
            (
                "bf61610161629f0203ffff",
                .map([.init("a", .unsigned(1)), .init("b", .array([.unsigned(2), .unsigned(3)]))])
            ),
            ("826161bf61626163ff", .array([.text("a"), .map([.init("b", .text("c"))])])),
            ("bf6346756ef563416d7421ff", .map([.init("Fun", .boolean(true)), .init("Amt", .negative(1))])),
            ("a17f61616162ff01", .map([.init("ab", .unsigned(1))])),
            // Different keys, though a reader of text would call them equal.
            ("a262c3a9016365cc8102", .map([.init("\u{E9}", .unsigned(1)), .init("e\u{301}", .unsigned(2))])),
        ] as [(String, CBORValue)])
    func others(_ hex: String, _ value: CBORValue) throws {
        let read = try CBORValue(reading: octets(hex))
        #expect(read == value)
        #expect(read.octets == value.octets)
    }

    @Test(
        "what is no number is none in all widths", arguments: ["f97e00", "fa7fc00000", "fb7ff8000000000000", "f9fc01"])
    func notANumber(_ hex: String) throws {
        guard case .double(let number) = try CBORValue(reading: octets(hex)) else {
            Issue.record("not a float")
            return
        }
        #expect(number.isNaN)
    }

    @Test(
        "what is not well-formed (appendix F)",
        arguments: [
            "", "18", "19", "1a", "1b", "1901", "1a0102", "1b01020304050607", "38", "58", "78", "98", "9a01ff00", "b8",
            "d8", "f8", "f900", "fa0000", "fb000000", "41", "61", "5affffffff00", "5bffffffffffffffff010203",
            "7affffffff00", "7b7fffffffffffffff010203", "81", "818181818181818181", "8200", "a1", "a2616101", "a16161",
            "a2616101616202ff", "c0", "5f4100", "7f6100", "9f", "9f0102", "bf", "bf616101616202", "819f", "9f8000",
            "9f9f9f9f9fffffffff", "9f819f819f9fffffff", "1c", "1d", "1e", "3c", "3d", "3e", "5c", "5d", "5e", "7c",
            "7d",
            "7e", "9c", "9d", "9e", "bc", "bd", "be", "dc", "dd", "de", "fc", "fd", "fe", "f800", "f801", "f818",
            "f81f",
            "5f00ff", "5f21ff", "5f6100ff", "5f80ff", "5fa0ff", "5fc000ff", "5fe0ff", "7f4100ff", "5f5f4100ffff",
            "7f7f6100ffff", "ff", "81ff", "8200ff", "a1ff", "a16161ff", "bf6161ff", "a2616101ff", "9f81ff",
            "9f829f819f9fffffffff", "bf616101616202", "1f", "3f", "df", "0000", "f6f6",
        ])
    func malformed(_ hex: String) {
        #expect(throws: CBORSyntaxError.self) { try CBORValue(reading: octets(hex)) }
    }

    @Test(
        "what is well-formed and not for us",
        arguments: [
            ("f0", "an unassigned simple value"), ("f8ff", "an unassigned simple value"),
            ("a201020304", "a key that is not text"), ("a1416101", "a key that is not text"),
            ("a2616101616102", "a key that stands twice"), ("bf6161017f6161ff02ff", "a key that stands twice"),
            ("61ff", "text that is not UTF-8"), ("62c328", "text that is not UTF-8"),
            ("63eda080", "text that is not UTF-8"),
            // A character in two pieces.
            ("7f61c361bcff", "text that is not UTF-8"),
        ])
    func refused(_ hex: String, _ reason: String) {
        #expect { try CBORValue(reading: octets(hex)) } throws: { ($0 as? CBORSyntaxError)?.reason == reason }
    }

    @Test(
        "lengths beyond the end cost nothing",
        arguments: [
            "5bffffffffffffffff", "7bffffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff",
            "9b7fffffffffffffff",
            "9a0fffffff0000", "ba00000002616101", "5f5b7fffffffffffffffff", "9a000003e80000",
        ])
    func lengths(_ hex: String) {
        #expect { try CBORValue(reading: octets(hex)) } throws: {
            ($0 as? CBORSyntaxError)?.reason == "a length beyond the end"
        }
    }

    @Test("64 levels and no more", arguments: [[0x81], [0x9F], [0xC1], [0xA1, 0x60], [0xBF, 0x60]] as [[UInt8]])
    func depth(_ level: [UInt8]) {
        func nested(_ levels: Int) -> [UInt8] {
            let isOpen = level[0] == 0x9F || level[0] == 0xBF
            return Array(repeatElement(level, count: levels).joined()) + [0]
                + (isOpen ? [UInt8](repeating: 0xFF, count: levels) : [])
        }
        #expect(throws: Never.self) { try CBORValue(reading: nested(64)) }
        for levels in [65, 100_000] {
            #expect { try CBORValue(reading: nested(levels)) } throws: {
                ($0 as? CBORSyntaxError)?.reason == "more than 64 levels"
            }
        }
    }

    @Test("nothing is whole before its end, and nothing comes after")
    func truncated() throws {
        let whole = octets(
            "bf6346756ef563416d7421" + "6161a16162c1fb41d452d9ec200000" + "61637f657374726561646d696e67ff"
                + "61645f42010243030405ff" + "61659819\(Self.countedOctets)" + "61669f1903e8fa47c35000f93e00f6ffff")
        let value = try CBORValue(reading: whole)
        for octets in [whole, value.octets] {
            #expect(try CBORValue(reading: octets) == value)
            for count in octets.indices {
                #expect(throws: CBORSyntaxError.self) { try CBORValue(reading: Array(octets.prefix(count))) }
            }
            for octet in 0...UInt8.max {
                #expect(throws: CBORSyntaxError.self) { try CBORValue(reading: octets + [octet]) }
            }
        }
    }

    @Test("whatever is read is written and read again as the same")
    func chance() throws {
        var state: UInt64 = 8949
        var read = 0
        for _ in 0..<5_000 {
            let octets: [UInt8] = (0..<12).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            for count in 1...octets.count {
                guard let value = try? CBORValue(reading: Array(octets.prefix(count))) else { continue }
                read += 1
                #expect(try CBORValue(reading: value.octets).octets == value.octets)
            }
        }
        #expect(read > 1_000)
    }
}

/// Octets in hexadecimal.
func octets(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
