// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AWSWire

@Suite("Authorization headers")
struct AuthorizationHeaderTests {
    private static let usual =
        "AWS4-HMAC-SHA256 Credential=AK/20261124/us-east-1/ses/aws4_request, SignedHeaders=host;x-amz-date, Signature=0a"

    @Test("of every client are read without a second look")
    func reads() throws {
        let header = try #require(AuthorizationHeader(usual: Self.usual))
        #expect(header.credential == "AK/20261124/us-east-1/ses/aws4_request")
        #expect(header.signedHeaders == "host;x-amz-date")
        #expect(header.signature == "0a")
        #expect(try AuthorizationHeader(any: Self.usual) == header)
        #expect(AuthorizationHeader(usual: Self.usual.replacing(", ", with: ",")) == header)
    }

    @Test(
        "of strangers are read the slow way",
        arguments: [
            " Signature=1, Signature=2", " Credential=a b", " Credential =a", " Other=1", " Credential=", " =a", " a",
            " Credential==a", "Credential", " Signature=1 ",
        ])
    func strange(_ end: String) {
        // "==a" is a value with a sign in it, for both ways.
        let usual = AuthorizationHeader(usual: "AWS4-HMAC-SHA256" + end)
        #expect((usual == nil) == (end != " Credential==a"))
    }

    // Whatever is read the quick way is read so the slow way too.
    @Test("mean one thing either way", arguments: 0..<500)
    func same(_ seed: Int) throws {
        let pieces = [
            "Credential", "SignedHeaders", "Signature", "=", "=", "=", ",", ", ", ",", " ", "a", "b/c", "host;x", "é",
            "==",
        ]
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        for _ in 0..<50 {
            var text = "AWS4-HMAC-SHA256"
            for _ in 0..<Int(state >> 60) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int((state >> 33) % UInt64(pieces.count))]
            }
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            if let usual = AuthorizationHeader(usual: text) {
                #expect(try AuthorizationHeader(any: text) == usual, "\(text)")
            }
        }
    }

    @Test("with a field twice are refused")
    func twice() {
        #expect(throws: SignatureFault.incomplete("Authorization header has 'Signature' twice.")) {
            try AuthorizationHeader(Self.usual + ", Signature=1")
        }
    }
}
