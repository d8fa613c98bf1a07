// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Testing

@Suite("What a message is found by")
struct MessageQueryTests {
    private static let account = AccountID("111122223333")!
    private static let id = MessageID(region: "eu-west-1", at: Timestamp(seconds: 5), random: (1, 2))
    private static let accepted = Fact(
        at: Timestamp(seconds: 5), account: account, message: id,
        event: .accepted(
            .init(
                door: "api", principal: "p", reversePath: "<returns@mail.example.com>", from: "Shop@example.com",
                recipients: ["bob@example.net", "\"a b\"@xn--bcher-kva.example"], identity: "", size: 1,
                sourceAddress: "", tags: ["kind": "bill"])))
    private static let failed = Fact(
        at: Timestamp(seconds: 5), account: account, message: id,
        event: .renderingFailed(.init(template: "t", reason: "r", recipients: ["bob@example.net"])))

    private static func query(_ change: (inout MessageQuery) -> Void) -> MessageQuery {
        var query = MessageQuery(account: account, from: Timestamp(seconds: 0), to: Timestamp(seconds: 9))
        change(&query)
        return query
    }

    @Test(
        "recipients",
        arguments: [
            ("bob@example.net", true), ("bob@EXAMPLE.NET", true), ("Bob@example.net", false), ("@example.net", true),
            ("@net", false), ("@sub.example.net", false), ("@bücher.example", true), ("\"a b\"@bücher.example", true),
            ("a@example.net", false),
        ])
    func recipients(_ text: String, _ isMet: Bool) throws {
        let person = try Correspondent(parsing: text)
        #expect(Self.query { $0.recipient = person }.isMet(by: Self.accepted) == isMet)
    }

    @Test(
        "senders",
        arguments: [
            ("Shop@example.com", true), ("shop@example.com", false), ("returns@mail.example.com", true),
            ("@example.com", true), ("@mail.example.com", true), ("@example.net", false),
        ])
    func senders(_ text: String, _ isMet: Bool) throws {
        let person = try Correspondent(parsing: text)
        #expect(Self.query { $0.sender = person }.isMet(by: Self.accepted) == isMet)
        #expect(Self.query { $0.sender = person }.isMet(by: Self.failed) == false)
    }

    @Test("account, id and tags")
    func others() {
        let other = MessageID(region: "eu-west-1", at: Timestamp(seconds: 5), random: (3, 4))
        #expect(Self.query { $0.account = nil }.isMet(by: Self.failed))
        #expect(!Self.query { $0.account = AccountID("444455556666") }.isMet(by: Self.accepted))
        #expect(Self.query { $0.id = Self.id }.isMet(by: Self.accepted))
        #expect(!Self.query { $0.id = other }.isMet(by: Self.accepted))
        #expect(Self.query { $0.tags = [.init(name: "kind", value: "bill")] }.isMet(by: Self.accepted))
        #expect(!Self.query { $0.tags = [.init(name: "kind", value: "note")] }.isMet(by: Self.accepted))
        #expect(!Self.query { $0.tags = [.init(name: "kind", value: "bill")] }.isMet(by: Self.failed))
    }

    @Test("what is nobody", arguments: ["", "@", "bob", "bob@", "@-", "a@b@c", "bob@[192.0.2.1]"])
    func nobody(_ text: String) {
        #expect(throws: SyntaxError.self) { _ = try Correspondent(parsing: text) }
    }
}
