// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import JSON

@Suite("JSON")
struct JSONValueTests {
    @Test(
        "is read as it was written",
        arguments: [
            ("null", JSONValue.null), (" true ", .boolean(true)), ("-0.50e+2", .number("-0.50e+2")),
            ("12345678901234567890", .number("12345678901234567890")), (#""\u00e9\ud83d\ude00\n""#, .string("é😀\n")),
            (
                #"{"b":1,"a":[ ]}"#,
                .object([.init(name: "b", value: .number("1")), .init(name: "a", value: .array([]))])
            ),
        ])
    func reads(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: text, maximumDepth: 3) == value)
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "tru", "01", "1.", "1e", "+1", "'a'", "\"a", "\"\u{1}\"", #""\x""#, #""\ud800""#, #""\ud800\u0041""#,
            "[1,]",
            "{\"a\":1,}", "{a:1}", "1 2", #"{"a":1,"a":2}"#, "[[[[]]]]",
        ])
    func refuses(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text, maximumDepth: 3) }
    }

    @Test("looks at eight octets at once and sees each of them", arguments: 0..<17)
    func eachOctet(_ place: Int) throws {
        for scalar in (0..<0x250).compactMap(Unicode.Scalar.init) {
            let text = String(repeating: "a", count: place) + String(scalar) + String(repeating: "z", count: 17 - place)
            let value = try? JSONValue(parsing: "\"\(text)\"", maximumDepth: 1)
            let isPlain = scalar.value >= 32 && scalar != "\"" && scalar != "\\"
            #expect(value == (isPlain ? .string(text) : nil), "\(scalar.value) at \(place)")
        }
    }

    @Test("keeps members of one name where that is allowed")
    func repeated() throws {
        let value = try JSONValue(parsing: #"{"a":1,"a":2}"#, maximumDepth: 3, allowsRepeatedNames: true)
        #expect(value == .object([.init(name: "a", value: .number("1")), .init(name: "a", value: .number("2"))]))
        #expect(value["a"] == .number("1"))
    }

    @Test("names the place where it stops")
    func place() {
        #expect(throws: JSONSyntaxError(reason: "a value was expected", offset: 6, line: 2, column: 5)) {
            try JSONValue(parsing: "{\n\"a\":x}", maximumDepth: 3)
        }
    }
}
