// SPDX-License-Identifier: Apache-2.0

import Authentication
import Testing

@Suite("DKIM signatures of others")
struct DKIMVectorTests {
    private func results(_ message: String, record: String) async -> [DKIMVerdict.Result] {
        await DKIMVerifier { _, _ in record }.verify(Array(message.utf8)).map(\.result)
    }

    @Test("pass", arguments: Vector.all)
    func pass(_ vector: Vector) async {
        #expect(await results(vector.message, record: vector.record) == [.pass])
    }

    @Test("are looked up by selector and domain")
    func lookup() async throws {
        let vector = try #require(Vector.all.first)
        let verdicts = await DKIMVerifier { selector, domain in
            selector == "brisbane" && domain == "football.example.com" ? vector.record : nil
        }.verify(Array(vector.message.utf8))
        let expected = DKIMVerdict(result: .pass, domain: "football.example.com", selector: "brisbane", reason: "")
        #expect(verdicts == [expected])
    }

    @Test("fail with another's key", arguments: Vector.all)
    func otherKey(_ vector: Vector) async {
        let other = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
        let record = vector.record == other ? TestKey.ed25519 : other
        #expect(await results(vector.message, record: record) == [.fail])
    }

    @Test("fail once an octet of From has changed", arguments: Vector.all)
    func everyOctetOfFrom(_ vector: Vector) async throws {
        let message = Array(vector.message.utf8)
        let verifier = DKIMVerifier { _, _ in vector.record }
        let from = try #require(vector.message.firstRange(of: "\r\nFrom: "))
        let start = vector.message.utf8.distance(from: vector.message.startIndex, to: from.upperBound)
        for index in start..<min(start + 20, message.count) where message[index] > 32 {
            var changed = message
            changed[index] ^= 1
            #expect(await verifier.verify(changed).map(\.result) == [.fail], "octet \(index)")
        }
    }

    @Test(
        "survive what relaxed canonicalisation lets a relay do",
        arguments: [
            ("From: Ada <ada@example.com>", "FROM  : \tAda \r\n <ada@example.com>  "),
            ("Subject: Hello", "sUBJECT:Hello \t "),
            ("\r\n\r\nHello.\r\n", "\r\n\r\nHello. \t\r\n \t\r\n\r\n"),
            ("From: Ada", "Received: by a relay\r\nFrom: Ada"),
        ])
    func relayed(_ old: String, _ new: String) async throws {
        let vector = try #require(Vector.all.first { $0.testDescription == "plain RSA-2048" })
        #expect(vector.message.contains(old))
        #expect(await results(vector.message.replacing(old, with: new), record: vector.record) == [.pass])
    }

    @Test(
        "do not survive more",
        arguments: [
            ("Subject: Hello", "Subject: Hel lo"),
            ("Subject: Hello\r\n", ""),
            ("To: b@example.net", "To: b@example.net\r\nTo: c@example.net"),
            ("From: Ada", "From: Eve <eve@example.com>\r\nFrom: Ada"),
            ("\r\n\r\nHello.\r\n", "\r\n\r\n\r\nHello.\r\n"),
            ("\r\n\r\nHello.\r\n", "\r\n\r\nHello.\r\n\r\nAnd more.\r\n"),
            ("\r\n\r\nHello.\r\n", "\r\n\r\n Hello.\r\n"),
            ("\r\n\r\nHello.\r\n", "\r\n\r\n"),
            ("t=1795516875", "t=1795516876"),
            (" s=s;", " s=t;"),
        ])
    func tampered(_ old: String, _ new: String) async throws {
        let vector = try #require(Vector.all.first { $0.testDescription == "plain RSA-2048" })
        #expect(vector.message.contains(old))
        #expect(await results(vector.message.replacing(old, with: new), record: vector.record) == [.fail])
    }

    @Test("have no standing for another domain than the signer's (RFC 6376 §6.1.1)")
    func otherDomain() async throws {
        let vector = try #require(Vector.all.first { $0.testDescription == "plain RSA-2048" })
        let message = vector.message.replacing("d=example.com", with: "d=example.org")
        #expect(await results(message, record: vector.record) == [.permerror])
    }
}
