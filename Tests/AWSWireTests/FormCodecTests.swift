// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AWSWire

@Suite("Query, in")
struct FormCodecTests {
    private func json(_ form: String) throws -> String {
        String(decoding: try FormCodec.json(Percent.pairs(form, plusIsSpace: true)), as: UTF8.self)
    }

    @Test(
        "says the same as JSON",
        arguments: [
            ("", "{}"),
            ("Source=a", #"{"Source":"a"}"#),
            ("Source=", #"{"Source":""}"#),
            ("Source", #"{"Source":""}"#),
            ("Source=a%20b+c%2Bd%26%3D", #"{"Source":"a b c+d&="}"#),
            ("Source=%22%5C%0D%0A%00", #"{"Source":"\"\\\u000d\u000a\u0000"}"#),
            ("Source=%C3%A9", #"{"Source":"é"}"#),
            (
                "Message.Subject.Data=s&Message.Subject.Charset=UTF-8",
                #"{"Message":{"Subject":{"Data":"s","Charset":"UTF-8"}}}"#
            ),
            ("Identities.member.1=a&Identities.member.2=b", #"{"Identities":["a","b"]}"#),
            ("Identities.member.10=j&Identities.member.9=i&Identities.member.1=a", #"{"Identities":["a","i","j"]}"#),
            (
                "Tags.member.1.Name=n&Tags.member.1.Value=v&Tags.member.2.Name=m",
                #"{"Tags":[{"Name":"n","Value":"v"},{"Name":"m"}]}"#
            ),
            (
                "Destination.ToAddresses.member.1=a&Source=s&Destination.CcAddresses.member.1=c",
                #"{"Destination":{"ToAddresses":["a"],"CcAddresses":["c"]},"Source":"s"}"#
            ),
        ])
    func says(_ form: String, _ expected: String) throws {
        #expect(try json(form) == expected)
    }

    @Test(
        "refuses what contradicts itself or never ends",
        arguments: [
            "Source=a&Source=b", "Source=a&Source.Name=b", "Source.Name=b&Source=a", "A.member.1=a&A.member.1=b",
            "A.member.1=a&A.member.1.B=b", Array(repeating: "a", count: 17).joined(separator: "."),
            String(repeating: ".", count: 100_000),
        ])
    func refuses(_ form: String) {
        #expect(throws: InputFault.self) { try json(form) }
    }

    @Test(
        "is total",
        arguments: [
            "&&&", "=", "=a", "%", "%4", "%zz=%", ".=a", "a.=b", ".a=b", "a..b=c", "member=a", "member.1=a",
            "A.member=a", "A.member.=a", "A.member.x=a", "A.member.0=a", "A.member.-1=a",
            "A.member.99999999999999999999=a", "A.member.1=a&A.member.01=b", "A.member.1=a&A.other=b", "%00=%00",
        ])
    func total(_ form: String) throws {
        let body: [UInt8]
        do { body = try FormCodec.json(Percent.pairs(form, plusIsSpace: true)) } catch is InputFault { return }
        _ = try JSONCodec.decode(Empty.self, from: body)
    }

    @Test("decodes percent-encoding once", arguments: [("%2525", "%25"), ("a%", "a%"), ("%zz", "%zz"), ("%41", "A")])
    func once(_ text: String, _ expected: String) {
        #expect(String(decoding: Percent.decode(text, plusIsSpace: false), as: UTF8.self) == expected)
    }

    @Test("stays quick with as many members as it takes")
    func many() throws {
        let flat = (0..<10_000).map { "A\($0)=b" }.joined(separator: "&")
        let listed = (1...10_000).map { "A.member.\($0)=b" }.joined(separator: "&")
        let elapsed = try ContinuousClock().measure {
            _ = try json(flat)
            _ = try json(listed)
        }
        #expect(elapsed < .seconds(20))
    }
}
