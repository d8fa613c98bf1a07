// SPDX-License-Identifier: Apache-2.0

import JSON
import Mail
import Testing
import Trail

@Suite("How recipients are seen in records") struct SightTests {
    private static let key = SecretBytes(Array(repeating: 7, count: 32))
    private static let hashed = RecipientSight.hashed(key)
    // HMAC-SHA-256 of "bob@example.com" under the key, its first 128 bits; by Python's hmac.
    private static let bob = "hmac-sha256:d8c0c77537d81a8d9f536fd88d595f0b@example.com"

    @Test("an address is one hash, however its domain is spelled, and whatever stands beside it") func addresses() {
        #expect(Self.hashed.show("bob@example.com") == Self.bob)
        for spelling in ["bob@EXAMPLE.com", "Bob <bob@example.com>", "\"bob\"@example.com", Self.bob] {
            #expect(Self.hashed.show(spelling) == Self.bob)
        }
        #expect(Self.hashed.show("Bob@example.com") != Self.bob)
        #expect(RecipientSight.hashed(SecretBytes(Array(repeating: 8, count: 32))).show("bob@example.com") != Self.bob)
        #expect(RecipientSight.hidden.show("bob@example.com") == "HIDDEN_DUE_TO_SECURITY_REASONS")
        #expect(RecipientSight.clear.show("Bob <bob@example.com>") == "Bob <bob@example.com>")
    }

    @Test(
        "what is no address is hashed whole", arguments: ["bob", "", "@", "bob@", "a b@example.com", "<>", "\u{0}@x"])
    func others(_ text: String) {
        let shown = Self.hashed.show(text)
        #expect(shown.utf8.count == 44 && shown.hasPrefix("hmac-sha256:"))
    }

    @Test("parameters hide recipients at every depth, and nothing else") func parameters() throws {
        let text = """
            {"fromEmailAddress":"a@b.example","destination":{"toAddresses":["x@y.example"],"ccAddresses":["x@y.example"],\
            "BccAddresses":["x@y.example"]},"destinations":[{"destination":{"toAddresses":["x@y.example"]},\
            "replacementTags":[{"name":"n","value":"v@w.example"}]}],"replyToAddresses":["x@y.example"],"n":1.50,\
            "emailAddress":"x@y.example"}
            """
        let value = try JSONValue(parsing: text, maximumDepth: 16)
        let hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
        let inLists = text.replacing("[\"x@y.example\"]", with: "[\"\(hidden)\"]")
        #expect(RecipientSight.hidden.show(in: value, of: "CreateEmailIdentity").text == inLists)
        #expect(
            RecipientSight.hidden.show(in: value, of: "PutSuppressedDestination").text
                == text.replacing("x@y.example", with: hidden))
        #expect(RecipientSight.clear.show(in: value, of: "PutSuppressedDestination").text == text)
        let list = try JSONValue(parsing: "{\"destinations\":[\"x@y.example\",\"z@y.example\"]}", maximumDepth: 8)
        #expect(
            RecipientSight.hidden.show(in: list, of: "SendRawEmail").text
                == "{\"destinations\":[\"\(hidden)\",\"\(hidden)\"]}")
    }

    @Test(
        "texts for people hide addresses",
        arguments: [
            ("550 <bob@example.com> unknown", "550 <#> unknown"),
            ("bob@example.com.", "#."),
            ("to 'bob@example.com', \"bob@example.com\"", "to '#', \"#\""),
            ("mailto:\"b b\"@example.com;bob@example.com", "mailto:#;#"),
            ("bob@example.com@example.org", "#@example.org"),
            ("@ a@ @b a@@b", "@ a@ @b a@@b"),
            ("é@example.com and b\u{FC}b@ex\u{E4}mple.com", "# and #"),
            ("on arn:aws:ses:eu-central-1:111122223333:identity/bob@example.com no", nil),
            ("User: arn:aws:iam::111122223333:user/bob@example.com is not authorized", nil),
            ("arn:bob@example.com", "arn:#"),
            ("no address", nil),
            ("", nil),
        ] as [(String, String?)])
    func texts(_ text: String, _ shown: String?) {
        #expect(
            RecipientSight.hidden.show(inText: text)
                == (shown ?? text).replacing("#", with: "HIDDEN_DUE_TO_SECURITY_REASONS"))
        #expect(RecipientSight.clear.show(inText: text) == text)
    }

    @Test("a long text of nothing but address signs", arguments: [("@", 1), ("\"@", 2), ("arn:aws:ses:@", 13)])
    func longTexts(_ text: String, _ length: Int) {
        let long = String(repeating: text, count: 20_000)
        #expect(RecipientSight.hidden.show(inText: long).utf8.count == length * 20_000)
        #expect(RecipientSight.hidden.show(inText: String(repeating: "a@b ", count: 1_000)).utf8.count == 31_000)
    }
}
