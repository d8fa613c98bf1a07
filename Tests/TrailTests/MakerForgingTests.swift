// SPDX-License-Identifier: Apache-2.0

import JSON
import Journal
import Mail
import Testing
import Trail

/// Whatever a stranger puts into a request, one fact is one record on one line, and says what its own members say.
@Suite("Records that strangers try to forge") struct MakerForgingTests {
    private static let evil = [
        "a\r\nb", "\n{\"eventName\":\"StopLogging\"}", "a\u{2028}b\u{2029}c", "\"}{\"",
        "\",\"eventName\":\"StopLogging",
        "\u{202E}gnp.exe", "\u{2066}x\u{2069}", "\u{0}\u{1B}[2K\u{7F}\u{85}", "\\", "\\\"", "\\u000a", "\u{FEFF}",
        String(repeating: "\u{1F600}", count: 400), "\u{FFFD}",
    ]
    private static let places = [
        "agent", "request", "name", "source", "userName", "accessKeyID", "host", "vpcEndpoint", "tls", "cipher",
        "identity", "parameters", "parameter", "sourceAddress", "errorCode", "errorMessage", "control", "because",
        "principal",
    ]

    private static func event(_ text: String, in place: String) -> Fact.Event {
        func at(_ name: String, _ usual: String) -> String { name == place ? text : usual }
        let parameters =
            place == "parameter"
            ? JSONValue.object([.init(name: text, value: .string(text))]).text : at("parameters", "{\"a\":\"b\"}")
        let call = Fact.Call(
            request: at("request", "r"), source: at("source", "ses.amazonaws.com"), name: at("name", "GetAccount"),
            identity: at("identity", "{\"type\":\"Root\"}"), userName: at("userName", "u"),
            accessKeyID: at("accessKeyID", "AKIA"), agent: at("agent", "cli"), tls: at("tls", "TLSv1.3"),
            cipher: at("cipher", "c"), host: at("host", "h"), vpcEndpoint: at("vpcEndpoint", "vpce"),
            parameters: parameters)
        return .called(
            .init(
                call: call, principal: at("principal", "arn:aws:iam::111122223333:root"),
                sourceAddress: at("sourceAddress", "192.0.2.7"), errorCode: at("errorCode", "E"),
                errorMessage: at("errorMessage", "m"), control: at("control", "iam"), because: at("because", "b")))
    }

    private static func made(_ event: Fact.Event) -> String? {
        let fact = Fact(
            at: Timestamp(seconds: 1_796_000_400), account: AccountID("111122223333")!, message: nil, event: event)
        return TrailMaker(region: "eu-central-1", sight: .clear)
            .record(of: RecordedFact(sequence: 1, fact: fact), in: "records")?.json
    }

    private static let usual = [
        "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
        "userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData",
        "requestID", "eventID", "readOnly", "eventType", "managementEvent", "recipientAccountId", "vpcEndpointId",
        "eventCategory", "tlsDetails",
    ]

    @Test("no text leaves its place", arguments: places, evil) func forging(_ place: String, _ text: String) throws {
        let json = try #require(Self.made(Self.event(text, in: place)))
        let isPlain = json.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: false
            default: true
            }
        }
        #expect(isPlain)
        guard case .object(let members) = try JSONValue(parsing: json, maximumDepth: 8) else {
            Issue.record("no object")
            return
        }
        #expect(members.map(\.name) == Self.usual)
        #expect(
            members.allSatisfy { $0.name == "eventName" ? place == "name" || $0.value == .string("GetAccount") : true })
    }

    @Test(
        "what should be JSON and is none is a text",
        arguments: ["", "{", "{}{}", "{} ,\"eventName\":\"x\"", "[1]", "\u{FEFF}{}", "{\"a\":1,\"a\":2}"])
    func identities(_ text: String) throws {
        let json = try #require(Self.made(Self.event(text, in: "identity")))
        #expect(try JSONValue(parsing: json, maximumDepth: 8)["userIdentity"] == .string(text))
    }

    @Test("parameters too; and what is nested too deep") func parameters() throws {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        for text in [deep, "{", "1 2", ""] {
            let json = try #require(Self.made(Self.event(text, in: "parameters")))
            #expect(try JSONValue(parsing: json, maximumDepth: 8)["requestParameters"] == .string(text))
        }
    }

    @Test("texts of people are cut") func longTexts() throws {
        let json = try #require(Self.made(Self.event(String(repeating: "x", count: 100_000), in: "errorMessage")))
        #expect(json.utf8.count < 3_000)
    }
}
