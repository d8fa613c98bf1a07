// SPDX-License-Identifier: Apache-2.0

import Authentication
import MIME
import Mail
import Testing

@Suite("DKIM signer")
struct DKIMSignerTests {
    private func field(_ text: String, key: DKIMKey) throws -> String {
        let bytes = Array(text.utf8)
        let (header, offset) = try HeaderSection.parse(bytes)
        var hasher = BodyHasher()
        hasher.update(Array(bytes[offset...]))
        let signer = DKIMSigner(domain: try Domain(parsing: "example.com"), selector: "s", key: key)
        let moment = Timestamp(milliseconds: 1_700_000_000_999)
        return String(decoding: try signer.sign(header, bodyHash: hasher.finalize(), at: moment), as: UTF8.self)
    }

    /// The names in h=, in lower case.
    private func signedNames(_ field: String) throws -> [String] {
        let tag = try #require(field.split(separator: ";").first { $0.contains("\th=") || $0.hasPrefix(" h=") })
        return tag.split(separator: "=")[1].filter { !$0.isWhitespace }.lowercased().split(separator: ":").map(
            String.init)
    }

    // These fields verified under dkimpy 1.1.8.
    private static let message = """
        From: Ada <ada@example.com>
        To: b@example.net
        Subject: Hello
        Date: Tue, 24 Nov 2026 07:42:53 +0000
        Message-ID: <1@example.com>
        Cc: c@example.net
        Reply-To: r@example.com
        Sender: s@example.com
        In-Reply-To: <0@example.com>
        References: <0@example.com>
         <00@example.com>
        MIME-Version: 1.0
        Content-Type: text/plain
        Content-Transfer-Encoding: 7bit
        List-Unsubscribe: <https://example.com/u>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        List-Id: <l.example.com>
        Feedback-ID: a:b:c:d

        Hi
        """.replacing("\n", with: "\r\n") + "\r\n"
    private static let rsaField = """
        DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s;
        \tt=1700000000; h=From:From:To:Cc:Subject:Date:Message-ID:Reply-To:Sender:
        \t In-Reply-To:References:MIME-Version:Content-Type:
        \t Content-Transfer-Encoding:List-Unsubscribe:
        \t List-Unsubscribe-Post:List-Id:Feedback-ID;
        \tbh=j+uJ1+KwQjMpdNiCngwvlv2FTzZnzkokoCYASnN36NE=;
        \tb=TN2bTd6ASx1x1Zp2h/t2M8qGlVuq0prshLAyO70Ooin5wtmhPz1VJIKw5ruIIy8L77jhXTsB
        \t qTKr42UP/s+Tlc3AFwSqJtnPyoSjLsSYdKPBB0DRy0g07U34V8hBwVgkaohLKCGXUY1jxDuh
        \t l41Z9XeLvBZwHSKbpbRr91wfYNc=
        """.replacing("\n", with: "\r\n") + "\r\n"
    private static let ed25519Field = """
        DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=s;
        \tt=1700000000; h=From:From:To:Cc:Subject:Date:Message-ID:Reply-To:Sender:
        \t In-Reply-To:References:MIME-Version:Content-Type:
        \t Content-Transfer-Encoding:List-Unsubscribe:
        \t List-Unsubscribe-Post:List-Id:Feedback-ID;
        \tbh=j+uJ1+KwQjMpdNiCngwvlv2FTzZnzkokoCYASnN36NE=;
        \tb=Hmn/xpbJX+BktD7u1IWlp7nVT0QPyMC+bvXN9nXaiGFe27kWQpfaV4DxuSYRUurSW2JfBlvK
        \t EO+MvT7pdM0ZAQ==
        """.replacing("\n", with: "\r\n") + "\r\n"

    @Test("makes the fields that dkimpy verified, from either form of a key")
    func frozen() throws {
        #expect(try field(Self.message, key: DKIMKey(rsaDER: TestKey.rsa1024PKCS1)) == Self.rsaField)
        #expect(try field(Self.message, key: DKIMKey(rsaDER: TestKey.rsa1024PKCS8)) == Self.rsaField)
        #expect(try field(Self.message, key: DKIMKey(ed25519: TestKey.ed25519Seed)) == Self.ed25519Field)
    }

    @Test(
        "signs From once more than it stands, and what else is there",
        arguments: [
            ("From: a@example.com\r\n\r\n", ["from", "from"]),
            ("\r\n", ["from", "from"]),
            ("Subject: x\r\nX-Other: y\r\nFrom: a@example.com\r\nReceived: z\r\n\r\n", ["from", "from", "subject"]),
            ("fRoM: a@example.com\r\nLIST-ID: <x>\r\n\r\n", ["from", "from", "list-id"]),
            ("Bcc: b@example.net\r\nReturn-Path: <>\r\nDKIM-Signature: x\r\n\r\n", ["from", "from"]),
        ])
    func names(_ text: String, _ expected: [String]) throws {
        #expect(try signedNames(field(text, key: DKIMKey(ed25519: TestKey.ed25519Seed))) == expected)
    }

    @Test("gives one field in lines of at most 78 octets that a header section takes")
    func shape() throws {
        let pair = try DKIMKey.generate()
        let text = try field(Self.message, key: DKIMKey(rsaDER: pair.privateKeyPKCS8))
        let (header, _) = try HeaderSection.parse(Array(text.utf8))
        #expect(header.fields.map(\.name) == ["DKIM-Signature"])
        #expect(header.serialized() == Array((text + "\r\n").utf8))
        #expect(text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
        #expect(text.contains("t=1700000000;") && !text.contains(" l=") && !text.contains(" x="))
    }

    @Test("generates RSA-2048 that differs each time")
    func generates() throws {
        let (one, other) = (try DKIMKey.generate(), try DKIMKey.generate())
        #expect(one.privateKeyPKCS8 != other.privateKeyPKCS8 && one.publicKeySPKI != other.publicKeySPKI)
        #expect(one.publicKeySPKI.count == 294)
        #expect(try DKIMKey(rsaDER: one.privateKeyPKCS8).algorithm == .rsaSHA256)
    }

    @Test("refuses what is no RSA key", arguments: [0, 1, 2, 3, 4, 5])
    func refusesRSA(_ which: Int) throws {
        let pair = try DKIMKey.generate()
        let octets = [
            [], [0x30], [0x30, 0x82, 0xFF, 0xFF], Array(pair.privateKeyPKCS8.dropLast()), pair.publicKeySPKI,
            // An Ed25519 key as PKCS#8 (RFC 8410)
            [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20] + TestKey.ed25519Seed,
        ]
        #expect(throws: (any Error).self) { try DKIMKey(rsaDER: octets[which]) }
    }

    @Test("refuses Ed25519 keys of another length", arguments: [0, 1, 31, 33, 64])
    func refusesEd25519(_ count: Int) {
        #expect(throws: (any Error).self) { try DKIMKey(ed25519: [UInt8](repeating: 1, count: count)) }
    }

    @Test("refuses RSA keys that no verifier may accept (RFC 8301 §3.2: below 1024 bits)")
    func refusesShort() {
        let short = Base64.decode(Array(Self.rsa512.utf8))
        #expect(throws: (any Error).self) { try DKIMKey(rsaDER: short) }
    }

    private static let rsa512 = """
        MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA2jqXT63awlKoC4cHfebAgt91FjhtAJEL0tb3uXNv1L\
        3LVQjQPgh0v0Ct30W73m4urJph5H22TPI3Jllv2LEhnQIDAQABAkEAsM8LzQjE1vB1KnHKhh0xGFfH26r31Z+u/rIg\
        n2aB0tA8IPwqu5BFR5fKaIuke0ocjtY7RNWT/hor/n43Q9jWGQIhAPBQJ3lkQz8lHN79/KpsP6MzfW+8TI1OXiUs8p\
        N3BeXHAiEA6HljxAZfN1GzLGu2rf94oRZNVOukc7xBk+eDjHHKbXsCIEDhgybVGQrNXFQgQr1IaI4Jcs5eClUEWYqz\
        7fI+aks1AiAlnkcLmHBd9kWFIaT9AQMXJhG7dSo2ZDdEZMk/t8Ym8wIhAK2UQ5HxhqhBqWrxyl9CZ+r91Qn9Ugwg7e\
        d5cFcNtyTb
        """
}
