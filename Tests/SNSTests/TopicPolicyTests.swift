// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Mail
import Notify
import PolicyLanguage
import Testing

@testable import SNS

@Suite("Policies of topics")
struct TopicPolicyTests {
    private let arn = TopicARN("arn:aws:sns:us-east-1:111122223333:alarms")!

    @Test("the usual one is a policy, and a topic without one has none that decides")
    func usual() throws {
        try TopicPolicy.check(TopicPolicy.usual(arn))
        #expect(try TopicPolicy.named(Topic(arn)).isEmpty)
    }

    @Test("a statement is added once by its label, and taken away by it")
    func statements() throws {
        var topic = Topic(arn)
        try topic.set(
            "Policy", try TopicPolicy.adding("share", accounts: ["444455556666"], actions: ["Publish"], to: topic))
        #expect(
            try TopicPolicy.named(topic).first?.policy.statements.map(\.name) == ["__default_statement_ID", "share"])
        #expect(throws: ServiceError.self) {
            try TopicPolicy.adding("share", accounts: ["444455556666"], actions: ["Publish"], to: topic)
        }
        try topic.set("Policy", try TopicPolicy.removing("share", from: topic))
        try topic.set("Policy", try TopicPolicy.removing("__default_statement_ID", from: topic))
        #expect(topic.attributes["Policy"] == nil)
    }

    @Test("what is no policy is refused", arguments: ["", "{}", "[]", #"{"Version":"2012-10-17","Statement":5}"#])
    func refused(_ document: String) { #expect(throws: ServiceError.self) { try TopicPolicy.check(document) } }
}
