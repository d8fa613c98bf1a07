// SPDX-License-Identifier: Apache-2.0

import Authentication
import MIME
import Synchronization
import Testing

@Suite("DKIM verifier")
struct DKIMVerifierTests {
    private static let tail = "c=relaxed/relaxed; d=example.com; s=s"

    private func results(_ message: [UInt8], record: String = TestKey.ed25519) async -> [DKIMVerdict.Result] {
        await DKIMVerifier { _, _ in record }.verify(message).map(\.result)
    }

    @Test(
        "lets a signature pass however its tags are ordered and spelled",
        arguments: [
            "v=1; a=ed25519-sha256; \(tail); h=from; bh=#; b=%",
            "v=1; a=ed25519-sha256; \(tail); h=from; bh=#; b=%;",
            "v=1; a=ed25519-sha256; b=%; \(tail); h=from; bh=#; t=1; x=99999999999; q=dns/txt; z=bb=@",
            "s=s;d=example.com;h=from;bh=#;b=%;c=relaxed/relaxed;a=ed25519-sha256;v=1",
            "v = 1; a = ed25519-sha256; c = relaxed/relaxed; d = example.com; s = s; h = from; bh = #; b =%",
            "v=1; a=ed25519-sha256; \(tail); h=FROM:From : from:x-absent; bh=#; b=%; i=ada@sub.example.com",
        ])
    func passes(_ tags: String) async throws {
        var forgery = DKIMForgery()
        forgery.tags = tags.replacing("bb=%", with: "bb")
        #expect(await results(try forgery.message) == [.pass])
    }

    @Test("lets a signature pass whose first tag is b= (RFC 6376 §3.2 gives tags no order)")
    func signatureFirst() async throws {
        var forgery = DKIMForgery()
        forgery.tags = "b=%; v=1; a=ed25519-sha256; \(Self.tail); h=from; bh=#"
        let message = try forgery.message
        #expect(await results(message) == [.pass])
    }

    @Test(
        "gives RFC 8601's word for what cannot pass",
        arguments: [
            ("v=2; a=ed25519-sha256; \(tail); h=from; bh=#; b=%", .permerror),
            ("a=ed25519-sha256; \(tail); h=from; bh=#; b=%", .permerror),
            ("v=1; v=1; a=ed25519-sha256; \(tail); h=from; bh=#; b=%", .permerror),
            ("v=1; a=ed25519-sha256; \(tail); bh=#; b=%", .permerror),
            ("v=1; a=ed25519-sha256; \(tail); h=from; b=%", .permerror),
            ("v=1; a=ed25519-sha256; \(tail); h=from; bh=#", .permerror),
            ("v=1; a=ed25519-sha256; c=relaxed/relaxed; s=s; h=from; bh=#; b=%", .permerror),
            ("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; h=from; bh=#; b=%", .permerror),
            ("nonsense", .permerror), ("", .permerror), (";;;", .permerror),
            ("v=1; a=ed25519-sha256; d=example.com; s=s; h=from; bh=#; b=%", .neutral),
            ("v=1; a=ed25519-sha256; c=relaxed; d=example.com; s=s; h=from; bh=#; b=%", .neutral),
            ("v=1; a=ed25519-sha256; c=simple/simple; d=example.com; s=s; h=from; bh=#; b=%", .neutral),
            ("v=1; a=ed25519-sha256; \(tail); l=0; h=from; bh=#; b=%", .neutral),
            ("v=1; a=ed25519-sha256; \(tail); h=from; bh=; b=%", .fail),
            ("v=1; a=ed25519-sha256; \(tail); h=from; bh=AAAA; b=%", .fail),
            ("v=1; a=ed25519-sha256; \(tail); h=from; bh=#; b=", .fail),
            ("v=1; a=ed25519-sha256; \(tail); h=from; bh=#; b=AAAA", .fail),
            ("v=1; a=rsa-sha256; \(tail); h=from; bh=#; b=%", .fail),
            ("v=1; a=ed25519-sha256; \(tail); h=to; bh=#; b=%", .permerror),
        ] as [(String, DKIMVerdict.Result)])
    func refuses(_ tags: String, _ expected: DKIMVerdict.Result) async throws {
        var forgery = DKIMForgery()
        forgery.tags = tags
        #expect(await results(try forgery.message) == [expected])
    }

    @Test(
        "is not led astray by the key record",
        arguments: [
            ("", .permerror), ("nonsense", .permerror), ("v=DKIM1; k=ed25519; p=", .permerror),
            ("v=DKIM1; k=rsa; p=A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=", .fail),
            ("v=DKIM1; k=ed25519; p=A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMQ==", .fail),
            ("v=DKIM1; k=ed25519; p=A6EH", .fail), ("v=DKIM1; k=dsa; p=AAEC", .fail), (TestKey.rsa1024, .fail),
        ] as [(String, DKIMVerdict.Result)])
    func record(_ record: String, _ expected: DKIMVerdict.Result) async throws {
        #expect(await results(try DKIMForgery().message, record: record) == [expected])
    }

    @Test(
        "refuses valid arithmetic under invalid terms (RFC 6376 §6.1.1, §6.1.2)",
        arguments: [
            ("an h= without From", "h=to", "to:b@example.net\r\n", ""),
            ("an h= of nothing", "h=:", "", ""),
            ("an i= outside of d=", "h=from; i=@example.org", "from:ada@example.com\r\n", ""),
            ("an i= that ends like d=", "h=from; i=@badexample.com", "from:ada@example.com\r\n", ""),
            ("a key for SHA-1 alone", "h=from", "from:ada@example.com\r\n", "; h=sha1"),
            ("a key for another service", "h=from", "from:ada@example.com\r\n", "; s=tlsrpt"),
            ("an i= beneath d= under t=s", "h=from; i=@sub.example.com", "from:ada@example.com\r\n", "; t=s"),
        ])
    func terms(_ what: String, _ tags: String, _ fields: String, _ recordTags: String) async throws {
        var forgery = DKIMForgery(signedFields: fields)
        forgery.tags = "v=1; a=ed25519-sha256; \(Self.tail); \(tags); bh=#; b=%"
        let message = try forgery.message
        #expect(await results(message, record: TestKey.ed25519 + recordTags) == [.permerror])
    }

    @Test(
        "has no verdict on unsigned messages and on what is no message",
        arguments: [
            "", "\r\n", "\r\n\r\n", "From: a@example.com\r\n\r\nbody\r\n", "no header at all", "\0", "\n",
            "DKIM-Signature", "DKIM-Signature: v=1\n\n", "From: a@example.com\r\n\r\nDKIM-Signature: v=1\r\n",
            "DKIM-Signature: \(String(repeating: "x", count: 2_000))\r\n\r\n",
        ])
    func none(_ text: String) async {
        #expect(await results(Array(text.utf8)).isEmpty)
    }

    @Test("has no verdict on a header of a size that nobody sends")
    func tooLong() async throws {
        let padding = Array(String(repeating: "X-Padding: \(String(repeating: "x", count: 900))\r\n", count: 300).utf8)
        #expect(await results(padding + (try DKIMForgery().message)).isEmpty)
        #expect(await results(Array(String(repeating: "X: y\r\n", count: 100_000).utf8)).isEmpty)
    }

    @Test("looks at no more than ten signatures, each by itself")
    func many() async throws {
        let one = try DKIMForgery().message
        let field = try #require(String(decoding: one, as: UTF8.self).split(separator: "\r\n").first)
        let broken = String(field).replacing("; b=", with: "; b=AAAA")
        let asked = Mutex(0)
        let verifier = DKIMVerifier { _, _ in
            asked.withLock { $0 += 1 }
            return TestKey.ed25519
        }
        let fields = [broken] + [Substring](repeating: field, count: 99).map(String.init)
        let message = Array((fields.joined(separator: "\r\n") + "\r\nFrom: ada@example.com\r\n\r\nbody\r\n").utf8)
        let verdicts = await verifier.verify(message)
        #expect(verdicts.map(\.result) == [.fail] + [DKIMVerdict.Result](repeating: .pass, count: 9))
        #expect(asked.withLock { $0 } == DKIMVerifier.maximumSignatures)
    }

    @Test("asks for no key when the body does not match")
    func bodyFirst() async throws {
        let verifier = DKIMVerifier { _, _ in
            Issue.record("asked")
            return nil
        }
        #expect(await verifier.verify(try DKIMForgery().message + [0x78]).map(\.result) == [.fail])
    }

    @Test("never passes a message cut short, and never traps on one")
    func truncated() async throws {
        let message = try DKIMForgery().message
        // The last two octets are the body's CRLF, which canonicalisation supplies.
        for length in 0..<(message.count - 2) {
            #expect(await results(Array(message.prefix(length))).allSatisfy { $0 != .pass }, "\(length)")
        }
    }

    @Test("never traps on mutations, and passes none that touch From", arguments: 0..<200 as Range<UInt64>)
    func mutations(_ seed: UInt64) async throws {
        var random = LinearCongruence(state: seed)
        var message = try DKIMForgery().message
        for _ in 0..<5 {
            let index = Int(random.next() % UInt64(message.count))
            switch random.next() % 3 {
            case 0: message[index] = UInt8(truncatingIfNeeded: random.next())
            case 1: message.insert(contentsOf: "; \t=:\r\n\u{301}".utf8.shuffled(using: &random), at: index)
            default: message.removeSubrange(index..<min(index + 3, message.count))
            }
        }
        let results = await results(message)
        if !String(decoding: message, as: UTF8.self).lowercased().contains("ada@example.com") {
            #expect(!results.contains(.pass))
        }
    }
}
