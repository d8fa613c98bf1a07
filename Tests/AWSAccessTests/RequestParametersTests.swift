// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AWSAccess

@Suite("requestParameters")
struct RequestParametersTests {
    private static let hidden = #""HIDDEN_DUE_TO_SECURITY_REASONS""#

    private static func text(_ json: String) -> String? { RequestParameters.text(Array(json.utf8)) }

    @Test(
        "begin with small letters and are otherwise as they were asked",
        arguments: [
            (#"{"UserName":"app","Path":"/"}"#, #"{"userName":"app","path":"/"}"#),
            (
                #"{"Tags":[{"Key":"a","Value":"b"}],"MaxItems":10,"X":null}"#,
                #"{"tags":[{"key":"a","value":"b"}],"maxItems":10,"x":null}"#
            ),
            (#"{"ÄB":1,"":2}"#, #"{"äB":1,"":2}"#), (#"{"A":"\u2028\n"}"#, #"{"a":"\u2028\u000a"}"#),
        ])
    func shown(_ input: String, _ text: String) { #expect(Self.text(input) == text) }

    @Test("are nil where there are none", arguments: ["", "{}", "[]", "1"])
    func nothing(_ input: String) { #expect(Self.text(input) == nil) }

    @Test(
        "never hold a secret or what is in a message, however deep and however spelt",
        arguments: [
            "Password", "NewPassword", "OldPassword", "SecretAccessKey", "ClientSecret", "SessionToken",
            "AuthenticationCode1", "AuthenticationCode2", "TokenCode", "SAMLAssertion", "WebIdentityToken",
            "PrivateKey",
            "DomainSigningPrivateKey", "Base32StringSeed", "Data", "RawMessage", "TemplateData",
            "ReplacementTemplateData", "DefaultTemplateData", "Html", "Text", "Subject", "HtmlPart", "TextPart",
            "SubjectPart", "RawContent", "TemplateContent", "Message", "MessageAttributes", "Token", "password",
            "PASSWORD",
        ])
    func secrets(_ name: String) throws {
        let small = name.prefix(1).lowercased() + name.dropFirst()
        for (value, around) in [
            (#""S3CRET""#, ("", "")), (#"["S3CRET"]"#, ("", "")), (#"{"x":"S3CRET"}"#, ("", "")),
            (#""S3CRET""#, (#"{"deep":["#, "]}")),
        ] {
            let member = #"{"\#(name)":\#(value),"Kept":1}"#
            let inner = #"{"\#(small)":\#(Self.hidden),"kept":1}"#
            let text = try #require(Self.text(#"{"A":\#(around.0)\#(member)\#(around.1)}"#))
            #expect(text == #"{"a":\#(around.0)\#(inner)\#(around.1)}"#)
        }
    }

    @Test("show of a long text 4 KB and how long it is")
    func longTexts() {
        let long = String(repeating: "x", count: 4097)
        #expect(Self.text(#"{"A":"\#(long)"}"#) == #"{"a":"\#(long.dropLast())… (4097 octets)"}"#)
        #expect(Self.text(#"{"A":"\#(long.dropLast())"}"#) == #"{"a":"\#(long.dropLast())"}"#)
    }

    @Test("are not shown where there is too much of them, or too deep, or not JSON")
    func limits() {
        let text = String(repeating: "x", count: 4000)
        let many = "{" + (0..<20).map { #""A\#($0)":"\#(text)""# }.joined(separator: ",") + "}"
        #expect(Self.text(many)?.hasPrefix("\"not shown: ") == true)
        let huge = #"{"A":"\#(String(repeating: "x", count: 256 << 10))"}"#
        #expect(Self.text(huge) == "\"not shown: \(huge.utf8.count) octets\"")
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        }
        #expect(Self.text(nested(31)) == nested(31))
        #expect(Self.text(nested(32)) == "\"not shown: \(nested(32).utf8.count) octets\"")
        #expect(Self.text("{\"A\":") == "\"not shown: 5 octets\"")
    }

    @Test("a name that comes twice hides both")
    func repeated() {
        #expect(
            Self.text(#"{"Password":"a","Password":"b"}"#)
                == #"{"password":\#(Self.hidden),"password":\#(Self.hidden)}"#)
    }
}
