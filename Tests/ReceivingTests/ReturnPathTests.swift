// SPDX-License-Identifier: Apache-2.0

import Mail
import Testing

@testable import Receiving

@Suite("Return paths")
struct ReturnPathTests {
    private let account = AccountID("111122223333")!
    private let id = MessageID(
        region: "us-east-1", at: Timestamp(seconds: 1_700_000_000), random: (0x1234_5678, 0x9ABC))

    private func key(_ number: UInt8, madeAt: Int64 = 0) -> ReturnPathKeys.Key {
        .init(
            number: number, secret: SecretBytes(Array(repeating: number, count: 32)), madeAt: Timestamp(seconds: madeAt)
        )
    }

    @Test("a token says which message it is, and is verified", arguments: ["us-east-1", "eu-central-1"])
    func roundTrip(_ region: String) throws {
        let id = MessageID(region: region, at: Timestamp(seconds: 1_700_000_000), random: (.max, .max))
        let keys = ReturnPathKeys([key(7)])
        let token = try #require(keys.token(for: id, account: account))
        #expect(ReturnPathToken(parsing: token.description) == token)
        #expect(token.message == id)
        #expect(keys.verifies(token, account: account))
    }

    @Test("the return path fits into a local part and survives another case")
    func returnPath() throws {
        let keys = ReturnPathKeys([key(7)])
        let token = try #require(keys.token(for: id, account: account))
        let path = try #require(token.returnPath(at: try Domain(parsing: "bounce.example"))?.mailbox)
        #expect(path.localPart.utf8.count <= Mailbox.maximumLocalPartLength)
        #expect(path.localPart.hasPrefix("b+"))
        #expect(ReturnPathToken(path) == token)
        let shouted = try Mailbox(localPart: path.localPart.uppercased(), domain: path.domain)
        #expect(ReturnPathToken(shouted) == token)
    }

    @Test("nothing may be changed: any letter, the account, the key")
    func forged() throws {
        let keys = ReturnPathKeys([key(7)])
        let token = try #require(keys.token(for: id, account: account))
        let text = Array(token.description)
        for place in text.indices {
            var other = text
            other[place] = other[place] == "b" ? "c" : "b"
            if let forged = ReturnPathToken(parsing: String(other)) {
                #expect(!keys.verifies(forged, account: account))
            }
        }
        #expect(!keys.verifies(token, account: AccountID("999999999999")!))
        #expect(!ReturnPathKeys([key(8)]).verifies(token, account: account))
        let stranger = ReturnPathKeys([.init(number: 7, secret: SecretBytes([1]), madeAt: Timestamp(seconds: 0))])
        #expect(!stranger.verifies(token, account: account))
    }

    @Test(
        "what is no token is none",
        arguments: [
            "", "b+", "postmaster", "b+" + String(repeating: "a", count: 61), "b+é", String(repeating: "b", count: 63),
        ])
    func noToken(_ local: String) throws {
        #expect(ReturnPathToken(parsing: local) == nil)
        guard !local.isEmpty else { return }
        #expect(
            ReturnPathToken(try Mailbox(localPart: String(local.prefix(64)), domain: Domain(parsing: "x.example")))
                == nil)
    }

    @Test("an id that is not ours has no token")
    func strangeID() throws {
        let strange = try #require(MessageID(parsing: String(repeating: "z", count: 60)))
        #expect(ReturnPathKeys([key(7)]).token(for: strange, account: account) == nil)
    }

    @Test("a new key signs, the old one still verifies, until nobody can report under it")
    func rotation() throws {
        let random: RandomBits = { 42 }
        let first = try #require(ReturnPathKeys.rotated([], at: Timestamp(seconds: 0), random: random))
        #expect(first.map(\.number) == [0])
        #expect(ReturnPathKeys.rotated(first, at: Timestamp(seconds: 89 * 86_400), random: random) == nil)
        let second = try #require(ReturnPathKeys.rotated(first, at: Timestamp(seconds: 90 * 86_400), random: random))
        #expect(second.map(\.number) == [1, 0])
        let keys = ReturnPathKeys(first)
        let old = try #require(keys.token(for: id, account: account))
        keys.replace(second)
        #expect(keys.verifies(old, account: account))
        #expect(keys.token(for: id, account: account)?.key == 1)
        #expect(ReturnPathKeys.rotated(second, at: Timestamp(seconds: 120 * 86_400), random: random) == nil)
        let third = ReturnPathKeys.rotated(second, at: Timestamp(seconds: 122 * 86_400), random: random)
        #expect(third?.map(\.number) == [1])
        keys.replace(third ?? [])
        #expect(!keys.verifies(old, account: account))
    }

    @Test("numbers of keys go round")
    func wrap() {
        let keys = ReturnPathKeys.rotated([key(255)], at: Timestamp(seconds: 90 * 86_400), random: { 1 })
        #expect(keys?.map(\.number) == [0, 255])
    }
}

@Suite("Base32 in lower case")
struct LowerBase32Tests {
    @Test(
        "published vectors",
        arguments: [
            ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"), ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
        ])
    func vectors(_ plain: String, _ encoded: String) {
        #expect(LowerBase32.encode(Array(plain.utf8)) == encoded)
        #expect(LowerBase32.decode(encoded.uppercased(), octets: plain.utf8.count) == Array(plain.utf8))
    }

    @Test("one spelling only", arguments: ["mz", "m1", "m", "myy", "mé"])
    func refused(_ text: String) { #expect(LowerBase32.decode(text, octets: 1) == nil) }
}
