// SPDX-License-Identifier: Apache-2.0

import Journal
import Testing

@Suite("Events")
struct EventTests {
    private static let outcome = Fact.Outcome(
        recipients: ["a@example.com", "\"b\\\" c\"@example.com"], attempt: 2, peer: "mx [192.0.2.1]:25",
        reply: "451 tab\t\u{1} ünï \u{1F600}", tls: nil, milliseconds: 7, next: 9, expires: 10)

    private static let call = Fact.Call(
        request: "r-1", source: "ses.amazonaws.com", name: "SendEmail",
        identity: "{\"type\":\"Root\",\"arn\":\"a\\\\b\"}",
        userName: "root", accessKeyID: "AKIA", agent: "agent\\ \"1\"", tls: "TLSv1.3", cipher: "c", host: "h",
        vpcEndpoint: "v", parameters: "{\"a\":[1,{}]}")
    private static let bare = Fact.Call(
        request: "r", source: "s", name: "n", identity: "{}", userName: nil, accessKeyID: nil, agent: "")
    private static let judged = Fact.Outcome(
        recipients: [], attempt: 1, peer: "", reply: "", tls: "TLSv1.2", milliseconds: 0, address: "192.0.2.1",
        site: "s", cipher: "c", certificate: "dane", tlsPolicy: "t",
        verdict: .init(type: "Permanent", subType: "NoEmail", party: "recipient", delay: "", rule: "5.1.1"),
        replies: ["250 a", "550 b"])

    @Test(
        "are read back as they were written",
        arguments: [
            .accepted(
                .init(
                    door: "smtp", principal: "p", reversePath: "r", from: "f", recipients: [], identity: "i", size: 1,
                    sourceAddress: "::1", configurationSet: "c", tags: ["a": "\"", "b": "\r\n"], call: call)),
            .delivered(judged), .renderingFailed(.init(template: "t", reason: "r", recipients: ["a"], call: bare)),
            .complained(.init(recipients: ["a"], feedbackType: "abuse", userAgent: "u", arrivedAt: -1, subType: "s")),
            .warned(.init(control: "c", subject: "s", reason: "r")),
            .called(.init(call: call, principal: "p", sourceAddress: "s", errorCode: "E", because: "b")),
            .called(.init(call: bare, principal: "", sourceAddress: "")),
            .signedIn(.init(door: "smtp", call: bare, sourceAddress: "s", failure: "f", count: 3)),
            .delivered(outcome), .deferred(outcome), .bounced(outcome),
            .refused(.init(door: "d", principal: "p", control: "c", reason: "line\nbreak\u{7f}", sourceAddress: "s")),
            .administered(
                .init(operation: "o", principal: "p", resource: "r", sourceAddress: "s", reason: "w", call: call)),
        ] as [Fact.Event])
    func roundTrip(_ event: Fact.Event) throws {
        #expect(!event.json.utf8.contains { $0 < 32 }, "one event is one line")
        #expect(try Fact.Event(json: event.json) == event)
    }

    @Test("refuse what they do not know", arguments: ["{\"exploded\":{}}", "{\"refused\":{}}", "{\"warned\":[]}"])
    func unknown(_ text: String) {
        #expect(throws: EventFault.self) { try Fact.Event(json: text) }
    }

    @Test("refuse what is no object of theirs", arguments: ["", "{}", "[]", "{\"warned\":{\"control\":1"])
    func broken(_ text: String) {
        #expect(throws: (any Error).self) { try Fact.Event(json: text) }
    }

    @Test("are read with members that came later, or in another order")
    func tolerance() throws {
        let text = #"{"warned": {"later": [1, null], "reason": "r", "subject": "\u00fc\/", "control": "c"}}"#
        #expect(try Fact.Event(json: text) == .warned(.init(control: "c", subject: "ü/", reason: "r")))
    }
}
