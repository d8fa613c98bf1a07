// SPDX-License-Identifier: Apache-2.0

import Access
import Journal
import Mail
import Synchronization
import Testing

/// Where facts end up, or would.
private final class Outbox: Sendable {
    private let kept = Mutex<[Fact]>([])
    var facts: [Fact] { kept.withLock { $0 } }
    var events: [Fact.SignedIn] {
        facts.compactMap { if case .signedIn(let event) = $0.event { event } else { nil } }
    }
    func keep(_ facts: [Fact]) { kept.withLock { $0 += facts } }
}

private struct Full: Error {}

@Suite("Signing in")
struct SignInTests {
    private static let key = "AKIAROOTEXAMPLE0001"
    private static let unknown = #"{"type":"Unknown"}"#
    private let house: House
    private let outbox = Outbox()
    private let password = SMTPPassword.derive(secretAccessKey: House.rootSecret, region: "us-east-1")

    init() async throws { house = try await House() }

    private func signIn(_ attempt: SignInAttempt) async -> SignInAnswer {
        await house.access.signIn(attempt) { outbox.keep($0) }
    }

    private func event(
        _ name: String, of source: String, key: String?, identity: String, userName: String? = nil, failure: String?,
        door: String = "smtp"
    ) -> Fact.SignedIn {
        Fact.SignedIn(
            door: door,
            call: Fact.Call(
                request: "S1", source: source, name: name, identity: identity, userName: userName, accessKeyID: key,
                agent: "client.example.com", tls: "TLSv1.3"),
            sourceAddress: "192.0.2.1", failure: failure)
    }

    private static let root =
        #"{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","#
        + #""accountId":"111122223333","accessKeyId":"AKIAROOTEXAMPLE0001"}"#

    @Test("leaves a fact of who came in by SMTP")
    func letIn() async {
        #expect(await signIn(house.attempt(Self.key, password)) == .principal(house.access.rootPrincipal))
        let event = event(
            "SmtpAuthenticate", of: "ses.amazonaws.com", key: Self.key, identity: Self.root, userName: "root",
            failure: nil)
        #expect(outbox.facts == [Fact(at: house.now, account: house.account, message: nil, event: .signedIn(event))])
    }

    @Test(
        "says in records, and there only, why somebody was not let in",
        arguments: [
            ("AKIAROOTEXAMPLE0001", "guess", "WrongPassword", true),
            ("AKIANOBODYATALL00001", "guess", "UnknownName", true),
            ("ASIASESSION000000001", "guess", "TemporaryCredentials", true),
            // What may be a password in the wrong field is not shown.
            ("hunter2hunter2hunter2", "guess", "UnknownName", false),
            ("AKIA\"},{\"x\":\"11", "guess", "UnknownName", false),
            (String(repeating: "A", count: 4096), "guess", "UnknownName", false),
        ])
    func turnedAway(_ name: String, _ password: String, _ failure: String, _ isShown: Bool) async {
        switch await signIn(house.attempt(name, password)) {
        case .refused: #expect(failure != "TemporaryCredentials")
        case .refusedBecause: #expect(failure == "TemporaryCredentials")
        default: Issue.record("\(name) was let in")
        }
        let identity = isShown ? #"{"type":"Unknown","accessKeyId":"\#(name)"}"# : Self.unknown
        let event = event(
            "SmtpAuthenticate", of: "ses.amazonaws.com", key: isShown ? name : nil, identity: identity,
            failure: failure)
        #expect(outbox.facts == [Fact(at: house.now, account: house.account, message: nil, event: .signedIn(event))])
    }

    @Test("lets nobody in and turns nobody away whom it cannot put on record, and tells of them later")
    func full() async {
        for password in [password, "guess"] {
            let answer = await house.access.signIn(house.attempt(Self.key, password)) { _ in throw Full() }
            #expect(answer == .temporarilyUnavailable)
        }
        _ = await signIn(house.attempt("AKIANOBODYATALL00001", "guess"))
        #expect(outbox.events.map(\.failure) == ["WrongPassword", "UnknownName"])
    }

    @Test("a lock, a key that is off and a guardrail have names of their own")
    func named() async throws {
        var guardrails = Guardrails()
        guardrails.maximumKeyAge = 86_400
        let house = try await House(guardrails: guardrails)
        _ = try await house.user("app", policy: House.sendPolicy)
        let (key, secret) = try await house.change {
            try $0.createKey(for: "app", in: house.account, at: house.now, random: { 5 }, sealer: house.access.sealer)
        }
        let password = SMTPPassword.derive(secretAccessKey: secret, region: "us-east-1")
        house.clock.advance(by: 2 * 86_400)
        func signIn(_ password: String) async {
            _ = await house.access.signIn(house.attempt(key.id, password)) { outbox.keep($0) }
        }
        await signIn(password)
        #expect(
            outbox.facts.contains { fact in
                guard case .refused(let event) = fact.event else { return false }
                return event.control == "maximum-credential-age" && event.call?.userName == "app"
                    && event.reason.hasPrefix("AUTH: ")
            })
        try await house.change { state in
            var off = key
            off.isActive = false
            state.put(off)
        }
        for _ in 0..<11 {
            house.clock.advance(by: 61)
            await signIn(password)
        }
        await signIn(password)
        #expect(
            outbox.events.map(\.failure) == ["RefusedByGuardrail"] + Array(repeating: "InactiveKey", count: 11)
                + ["Locked"])
    }

    @Test("the console's visitor is on record once an hour, and a stranger each time")
    func console() async {
        func visit(_ password: String, agent: String = "client.example.com") async -> SignInAnswer {
            await signIn(house.attempt(Self.key, password, at: .console, agent: agent))
        }
        for _ in 0..<3 { #expect(await visit("secret") == .principal(house.access.rootPrincipal)) }
        let event = event(
            "ConsoleLogin", of: "signin.amazonaws.com", key: Self.key, identity: Self.root, userName: "root",
            failure: nil, door: "console")
        #expect(outbox.events == [event])
        #expect(await visit("secret", agent: "another") == .principal(house.access.rootPrincipal))
        #expect(await visit("guess") == .refused)
        #expect(await visit("guess") == .refused)
        #expect(outbox.events.map(\.failure) == [nil, nil, "WrongPassword", "WrongPassword"])
        house.clock.advance(by: 3_600)
        _ = await visit("secret")
        #expect(outbox.events.count == 5)
    }
}
