// SPDX-License-Identifier: Apache-2.0

import Authentication
import MIME
import Mail
import Testing

@Suite("DKIM")
struct DKIMTests {
    private static let text =
        "From: Ada <ada@example.com>\r\nSubject:  a \r\n\tfolded  subject\r\nTo: b@example.net\r\n\r\nbody  text \r\n\r\n\r\n"

    private func signed(_ key: DKIMKey, _ text: String = text) throws -> [UInt8] {
        let bytes = Array(text.utf8)
        let (header, offset) = try HeaderSection.parse(bytes)
        var hasher = BodyHasher()
        hasher.update(Array(bytes[offset...]))
        let signer = DKIMSigner(domain: try Domain(parsing: "example.com"), selector: "s", key: key)
        return try signer.sign(header, bodyHash: hasher.finalize(), at: Timestamp(seconds: 1_700_000_000)) + bytes
    }

    @Test("a signature verifies, and no longer after a change")
    func roundTrip() async throws {
        let pair = try DKIMKey.generate()
        let record = DKIMKeyRecord(keyType: "rsa", publicKey: pair.publicKeySPKI)
        let verifier = DKIMVerifier { _, _ in record.text }
        let message = try signed(try DKIMKey(rsaDER: pair.privateKeyPKCS8))
        #expect(await verifier.verify(message).map(\.result) == [.pass])
        let changes = [
            ("folded", "bolded"), ("body", "bodz"), ("ada@", "eve@"),
            ("From: Ada", "From: Eve <e@example.com>\r\nFrom: Ada"),
        ]
        for (old, new) in changes {
            let changed = String(decoding: message, as: UTF8.self).replacing(old, with: new)
            #expect(await verifier.verify(Array(changed.utf8)).map(\.result) == [.fail], "\(old)")
        }
        let relaxed = String(decoding: message, as: UTF8.self).replacing("body  text ", with: "body text\t\t") + "\r\n"
        #expect(await verifier.verify(Array(relaxed.utf8)).map(\.result) == [.pass])
        #expect(record.holds(publicKeySPKI: pair.publicKeySPKI))
        #expect(DKIMKeyRecord(parsing: record.text) == record)
    }

    @Test("has the hashes of RFC 6376 for empty bodies, whatever the pieces")
    func emptyBody() {
        for pieces in [[], [""], ["\r\n"], ["\r\n", "\r\n"], ["\r", "\n", " \r\n"]] as [[String]] {
            var hasher = BodyHasher()
            for piece in pieces { hasher.update(Array(piece.utf8)) }
            #expect(Base64.encode(hasher.finalize()) == Array("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".utf8))
        }
    }

    @Test(
        "does not trust odd records and signatures",
        arguments: ["", "v=DKIM2; p=AAAA", "p=", "p=AAAA; p=BBBB", "nonsense"])
    func oddRecords(_ text: String) async throws {
        let message = try signed(try DKIMKey(rsaDER: try DKIMKey.generate().privateKeyPKCS8))
        let verdicts = await DKIMVerifier { _, _ in text }.verify(message)
        #expect(verdicts.allSatisfy { $0.result != .pass })
        #expect(
            await DKIMVerifier { _, _ in nil }.verify(Array("DKIM-Signature: v=1\r\n\r\n".utf8)).map(\.result) == [
                .permerror
            ])
    }
}
