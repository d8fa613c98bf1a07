// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AWSWire

@Suite("JSON, in and out")
struct JSONCodecTests {
    struct Tag: Codable, Hashable {
        var name: String
        var value: String?
    }
    struct Input: Codable, Hashable {
        var emailIdentity: String
        var tags: [Tag]?
        var data: Blob?
        var html: String?
    }

    private func decode(_ json: String) throws -> Input { try JSONCodec.decode(Input.self, from: Array(json.utf8)) }

    @Test(
        "reads AWS's names",
        arguments: [
            (#"{"EmailIdentity":"a"}"#, Input(emailIdentity: "a")),
            (#" {"EmailIdentity":"a","Unknown":{"Deep":[1,{"X":null}]},"Tags":null} "#, Input(emailIdentity: "a")),
            (
                #"{"EmailIdentity":"\u00e9\ud83d\ude00","Tags":[{"Name":"n","Value":""}],"Html":"<"}"#,
                Input(emailIdentity: "é😀", tags: [Tag(name: "n", value: "")], html: "<")
            ),
            (#"{"EmailIdentity":"a","Data":"/+8="}"#, Input(emailIdentity: "a", data: Blob([0xFF, 0xEF]))),
            (#"{"EmailIdentity":"first","EmailIdentity":"second"}"#, Input(emailIdentity: "first")),
            (#"{"emailIdentity":"first","EmailIdentity":"second"}"#, Input(emailIdentity: "first")),
            (#"{"\u0045mailIdentity":"a"}"#, Input(emailIdentity: "a")),
        ])
    func reads(_ json: String, _ expected: Input) throws {
        #expect(try decode(json) == expected)
        #expect(try JSONCodec.decode(Input.self, from: JSONCodec.encode(expected)) == expected)
    }

    @Test("names what is missing", arguments: ["", "{}", #"{"EmailIdentity":null}"#, #"{"Tags":[]}"#])
    func missing(_ json: String) {
        #expect { try decode(json) } throws: {
            if case InputFault.missing("emailIdentity") = $0 { true } else { false }
        }
    }

    @Test(
        "refuses the rest",
        arguments: [
            "{", "[]", "1", "\"\"", "{]", "nul", "{\"EmailIdentity\":1}", "{\"EmailIdentity\":[\"a\"]}",
            "{\"EmailIdentity\":\"a\",}x", "{\"EmailIdentity\":\"a\" \"Tags\":[]}", "{\"EmailIdentity\":\"\\ud800\"}",
            "{\"EmailIdentity\":\"a\u{1}\"}", "{\"EmailIdentity\":\"a\",\"Tags\":{}}", "{\"EmailIdentity\":\"a\",}",
            "{\"EmailIdentity\":\"a\",\"Unread\":01}", "{\"EmailIdentity\":\"a\",\"Unread\":\"\u{1}\"}",
        ])
    func refuses(_ json: String) {
        #expect { try decode(json) } throws: { if case InputFault.malformed = $0 { true } else { false } }
    }

    @Test("refuses octets that are not UTF-8")
    func encoding() {
        #expect(throws: InputFault.self) {
            try JSONCodec.decode(
                Input.self, from: Array(#"{"EmailIdentity":"a"#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8))
        }
    }

    @Test("refuses nesting without end, in all forms", arguments: ["[", "{\"A\":", "[{\"A\":"])
    func deep(_ opening: String) {
        let json = "{\"EmailIdentity\":\"a\",\"Tags\":" + String(repeating: opening, count: 100_000)
        #expect(throws: InputFault.self) { try decode(json) }
    }

    @Test("refuses what is not Base64", arguments: ["a", "ab=c", "===="])
    func blob(_ text: String) {
        #expect(throws: ServiceError.self) { try decode(#"{"EmailIdentity":"a","Data":"\#(text)"}"#) }
    }

    @Test("takes numbers and truth as text too", arguments: [#"{"N":7,"F":true}"#, #"{"N":"7","F":"true"}"#])
    func text(_ json: String) throws {
        struct Both: Decodable {
            var n: Number
            var f: Flag
        }
        let both = try JSONCodec.decode(Both.self, from: Array(json.utf8))
        #expect(both.n.value == 7 && both.f.value)
    }

    @Test(
        "refuses numbers that are none",
        arguments: ["\"\"", "\"x\"", "\"1.5\"", "1.5", "1e400", "99999999999999999999", "[]", "{}"])
    func numbers(_ number: String) {
        struct One: Decodable { var n: Number }
        #expect(throws: (any Error).self) { try JSONCodec.decode(One.self, from: Array("{\"N\":\(number)}".utf8)) }
    }

    @Test(
        "tells which member is of another kind",
        arguments: [
            (#"{"EmailIdentity":"a","Tags":"b"}"#, "'Tags' must be a list."),
            (#"{"EmailIdentity":"a","Tags":[1]}"#, "Unexpected type for 'tags'."),
            (#"{"EmailIdentity":"a","Tags":[{"Name":1}]}"#, "Unexpected type for 'tags.name'."),
        ])
    func kinds(_ json: String, _ told: String) {
        #expect { try decode(json) } throws: { if case InputFault.malformed(told) = $0 { true } else { false } }
    }

    @Test("reads integers however they are written", arguments: [("7", 7), ("7.0", 7), ("7e2", 700), ("-0", 0)])
    func integers(_ number: String, _ expected: Int) throws {
        struct One: Decodable { var n: Int }
        #expect(try JSONCodec.decode(One.self, from: Array("{\"N\":\(number)}".utf8)).n == expected)
    }

    @Test("takes the first of many members with one name, and all of a map")
    func many() throws {
        struct Plain: Decodable {
            var policies: [String: String]
            var last: String
        }
        let members = (0..<50_000).map { "\"K\($0)\":\"\($0)\"" }.joined(separator: ",")
        let json = "{\(members),\"Last\":\"a\",\"Last\":\"b\",\"Policies\":{\(members),\"K7\":\"again\"}}"
        let plain = try JSONCodec.decode(Plain.self, from: Array(json.utf8))
        #expect(plain.last == "a" && plain.policies.count == 50_000 && plain.policies["K7"] == "7")
    }

    @Test("writes AWS's names, moments as seconds and no escaped slashes")
    func writes() throws {
        struct Output: Encodable {
            let createdTimestamp = Moment(milliseconds: 1_795_506_173_250)
            let path = "a/b"
            let absent: String? = nil
        }
        let json = String(decoding: try JSONCodec.encode(Output()), as: UTF8.self)
        #expect(json.contains(#""CreatedTimestamp":1795506173.25"#))
        #expect(json.contains(#""Path":"a/b""#))
        #expect(!json.contains("bsent"))
    }

    @Test("leaves the keys of maps as they are")
    func maps() throws {
        struct Output: Encodable { let policies = WireMap([(key: "sendOnly", value: "p")]) }
        struct Plain: Codable { var policies: [String: String] }
        let plain = try JSONCodec.decode(Plain.self, from: Array(#"{"Policies":{"SendOnly":"p","other":"q"}}"#.utf8))
        #expect(plain.policies == ["SendOnly": "p", "other": "q"])
        #expect(try JSONCodec.encode(Plain(policies: ["a": "b"])) == Array(#"{"Policies":{"a":"b"}}"#.utf8))
        #expect(try JSONCodec.encode(Output()) == Array(#"{"Policies":{"sendOnly":"p"}}"#.utf8))
    }

    @Test("writes literals that read back", arguments: ["", "\"\\/", "\u{0}\u{1}\u{1f}\r\n\t", "é😀\u{2028}", "\u{7f}"])
    func literals(_ text: String) throws {
        let input = try decode("{\"EmailIdentity\":\(JSONCodec.literal(text))}")
        #expect(input.emailIdentity == text)
    }
}
