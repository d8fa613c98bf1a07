// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AWSWire
@testable import JSON
@testable import SESv2

/// A send that reads itself says what the decoder says, or nothing.
@Suite("Usual sends")
struct UsualSendTests {
    private func usual(_ json: String) throws -> SendEmail.Input? {
        let value = try JSONValue(parsing: json, maximumDepth: 512, allowsRepeatedNames: true)
        return WireObject(value).flatMap { SendEmail.Input(usual: $0) }
    }

    private func decoded(_ json: String) throws -> SendEmail.Input {
        let value = try JSONValue(parsing: json, maximumDepth: 512, allowsRepeatedNames: true)
        return try WireDecoder(value).decode(SendEmail.Input.self)
    }

    private func shown(_ value: Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }

    private static let whole = """
        {"FromEmailAddress":"a@b.c","Destination":{"ToAddresses":["x@y.z"],"CcAddresses":[],"BccAddresses":["q@y.z"]},\
        "ReplyToAddresses":["r@b.c"],"FeedbackForwardingEmailAddress":"f@b.c","ConfigurationSetName":"set",\
        "EmailTags":[{"Name":"n","Value":"v"}],"Content":{"Simple":{"Subject":{"Data":"s","Charset":"UTF-8"},\
        "Body":{"Text":{"Data":"t"},"Html":{"Data":"h"}},"Headers":[{"Name":"X-A","Value":"1"}]}}}
        """

    @Test("are read whole")
    func reads() throws {
        #expect(shown(try #require(try usual(Self.whole))) == shown(try decoded(Self.whole)))
    }

    @Test(
        "leave the rest to the decoder",
        arguments: [
            "{}", "[]", #"{"Content":{}}"#, #"{"Content":{"Raw":{"Data":"YQ=="}}}"#, #"{"Content":null}"#,
            #"{"Content":{"Simple":{"Subject":{"Data":"s"}}}}"#, #"{"Content":{"Simple":{"Body":{}}}}"#,
            #"{"TenantName":"t","Content":{"Simple":{"Subject":{"Data":"s"},"Body":{}}}}"#,
            #"{"content":{"Simple":{"Subject":{"Data":"s"},"Body":{}}}}"#,
            #"{"Content":{"Simple":{"Subject":{"Data":"s","Data":"t"},"Body":{}}}}"#,
            #"{"Content":{"Simple":{"Subject":{"Data":1},"Body":{}}}}"#,
        ])
    func leaves(_ json: String) throws { #expect(try usual(json) == nil) }

    // One piece of the whole is taken out, doubled or replaced, over and over.
    @Test("say what the decoder says", arguments: 0..<300)
    func same(_ seed: Int) throws {
        let pieces = [
            "null", "1", "\"z\"", "[]", "{}", "[\"z\"]", "[{\"Name\":\"n\"}]", "true", "\"Data\"", "{\"Data\":\"d\"}",
        ]
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        func changed(_ value: JSONValue) throws -> JSONValue {
            guard next(12) > 0 else { return try JSONValue(parsing: pieces[next(pieces.count)], maximumDepth: 9) }
            switch value {
            case .array(let elements): return .array(try elements.map(changed))
            case .object(let members):
                var result: [JSONValue.Member] = []
                for member in members where next(12) > 0 {
                    let name = next(20) == 0 ? member.name.lowercasingFirst : member.name
                    result.append(.init(name: name, value: try changed(member.value)))
                    if next(20) == 0 { result.append(.init(name: member.name, value: try changed(member.value))) }
                }
                return .object(result)
            default: return value
            }
        }
        let whole = try JSONValue(parsing: Self.whole, maximumDepth: 512)
        for _ in 0..<20 {
            let value = try changed(whole)
            guard let usual = WireObject(value).flatMap({ SendEmail.Input(usual: $0) }) else { continue }
            #expect(shown(usual) == shown(try WireDecoder(value).decode(SendEmail.Input.self)))
        }
    }

    @Test("are answered as the encoder would")
    func answer() throws {
        let output = SendEmail.Output(messageId: "0100-\"a\\/")
        #expect(try JSONCodec.encode(output) == JSONCodec.encode(["MessageId": output.messageId]))
    }
}
