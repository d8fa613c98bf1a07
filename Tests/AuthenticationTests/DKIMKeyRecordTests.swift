// SPDX-License-Identifier: Apache-2.0

import Authentication
import Testing

@Suite("DKIM key records")
struct DKIMKeyRecordTests {
    @Test(
        "are read as RFC 6376 §3.6.1 writes them",
        arguments: [
            ("v=DKIM1; k=rsa; p=AAEC", "rsa", [0, 1, 2]),
            ("v=DKIM1;k=ed25519;p=AAEC;", "ed25519", [0, 1, 2]),
            ("p=AAEC", "rsa", [0, 1, 2]),
            ("v=DKIM1; p=", "rsa", []),
            (" v = DKIM1 ;\t k =\trsa ; p = AA EC\t", "rsa", [0, 1, 2]),
            ("v=DKIM1; p=AA\r\n EC", "rsa", [0, 1, 2]),
            ("v=DKIM1; h=sha256; s=email; t=y:s; n=a note; x-unknown=1; p=AAEC", "rsa", [0, 1, 2]),
        ] as [(String, String, [UInt8])])
    func reads(_ text: String, _ keyType: String, _ key: [UInt8]) {
        let record = DKIMKeyRecord(parsing: text)
        #expect(record?.keyType == keyType && record?.publicKey == key && record?.isForMail == true)
        #expect(record?.isStrict == text.contains("t=y:s"))
    }

    @Test(
        "are refused when they are something else",
        arguments: [
            "", " ", ";", "v=DKIM1", "v=DKIM1; k=rsa", "v=DKIM2; p=AAEC", "v=dkim1; p=AAEC", "v=; p=AAEC",
            "v=spf1 include:example.net -all", "p", "P=AAEC", "=AAEC; p=AAEC", "p=AAEC; p=AAEC", "p=AAEC; nonsense",
            String(repeating: "a=1;", count: 100_000) + "p=AAEC",
            (0...50).map { "t\($0)=1;" }.joined() + "p=AAEC",
        ])
    func refuses(_ text: String) {
        #expect(DKIMKeyRecord(parsing: text) == nil)
    }

    @Test("hold a key when they hold that key", arguments: [TestKey.rsa2048, TestKey.rsa1024])
    func holds(_ text: String) throws {
        let record = try #require(DKIMKeyRecord(parsing: text))
        #expect(record.holds(publicKeySPKI: record.publicKey))
        #expect(!record.holds(publicKeySPKI: record.publicKey.dropLast()))
        #expect(!record.holds(publicKeySPKI: record.publicKey + [0]))
        #expect(!record.holds(publicKeySPKI: []))
        #expect(!DKIMKeyRecord(keyType: "rsa", publicKey: []).holds(publicKeySPKI: []))
    }

    @Test(
        "survive a zone file: strings of at most 255 octets, nothing lost",
        arguments: [0, 1, 162, 174, 175, 294, 422, 550])
    func zoneFile(_ size: Int) {
        let record = DKIMKeyRecord(keyType: "rsa", publicKey: [UInt8](repeating: 0xA5, count: size))
        let text = record.zoneFileText
        #expect(text.hasPrefix("\"") && text.hasSuffix("\""))
        let strings = text.dropFirst().dropLast().split(separator: "\" \"").map(String.init)
        #expect(strings.allSatisfy { (1...255).contains($0.utf8.count) && !$0.contains("\"") })
        #expect(strings.joined() == record.text)
        #expect(DKIMKeyRecord(parsing: strings.joined()) == record)
    }

    @Test("are told apart by key type")
    func keyType() throws {
        let rsa = try #require(DKIMKeyRecord(parsing: TestKey.rsa1024))
        #expect(!DKIMKeyRecord(keyType: "ed25519", publicKey: rsa.publicKey).holds(publicKeySPKI: rsa.publicKey))
    }

    @Test(
        "are read by octets, not by grapheme clusters: an accent does not swallow the sign before it",
        arguments: ["p=AAEC; n=\u{301}", "k=\n\u{301}; p=AAEC"])
    func graphemes(_ text: String) throws {
        let record = try #require(DKIMKeyRecord(parsing: text))
        #expect(DKIMKeyRecord(parsing: record.text) == record)
    }
}
