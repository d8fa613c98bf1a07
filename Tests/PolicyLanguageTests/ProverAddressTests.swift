// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage
import Testing

@Suite("The prover knows every letter that an address or a name can be written with")
struct ProverAddressTests {
    @Test func anIgnoredCaseIsEveryCase() throws {
        let policy = allowing(
            "ses:SendEmail", condition: #"{"StringEqualsIgnoreCase":{"ses:FromAddress":"OPS@EVIL.COM"}}"#)
        let from = try Proving(policy, senders: ["*@example.com"]).broken().context["ses:fromaddress"]
        #expect(from.first?.lowercased() == "ops@evil.com")
        // The gate writes domains in lower case.
        #expect(from.first?.hasSuffix("@evil.com") == true)
    }

    @Test func theGateKeepsTheCaseOfLocalParts() throws {
        let policy = guardedPolicy(
            allow: #"{"StringEqualsIgnoreCase":{"ses:FromAddress":["ceo@a.b","ops@a.b"]}}"#,
            deny: #"{"StringLike":{"ses:FromAddress":"ceo@a.b"}}"#)
        for guarded in [true, false] {
            let from = try Proving(policy, senders: ["ops@a.b"], guarded: guarded).broken().context["ses:fromaddress"]
            #expect(from.first?.lowercased() == "ceo@a.b")
            #expect(from != ["ceo@a.b"])
        }
    }

    @Test func aDisplayNameHasOtherCasesToo() throws {
        let policy = guardedPolicy(
            allow: #"{"StringEqualsIgnoreCase":{"ses:FromDisplayName":"ceo"}}"#,
            deny: #"{"StringEquals":{"ses:FromDisplayName":"ceo"}}"#)
        let name = try Proving(policy, senders: ["*@example.com"]).broken().context["ses:fromdisplayname"]
        #expect(name.first?.lowercased() == "ceo" && name != ["ceo"])
        let all = ["k", "K"].map { "\"\($0)\"" }.joined(separator: ",")
        // KELVIN SIGN is a k without regard to case.
        let kelvin = guardedPolicy(
            allow: #"{"StringEqualsIgnoreCase":{"ses:FromDisplayName":"k"}}"#,
            deny: #"{"StringEquals":{"ses:FromDisplayName":[\#(all)]}}"#)
        #expect(
            try Proving(kelvin, senders: ["*@example.com"]).broken().context["ses:fromdisplayname"] == ["\u{212A}"])
    }

    @Test func aListOfLettersIsNoListOfAllLetters() throws {
        let denied = "abcdefghijklmnopqrstuvwxyz0123456789".map { "\"\($0)*\"" }.joined(separator: ",")
        let policy = guardedPolicy(allow: "{}", deny: #"{"StringLike":{"ses:FromAddress":[\#(denied)]}}"#)
        let from = try #require(
            try Proving(policy, senders: ["a*"]).broken().context["ses:fromaddress"].first?.unicodeScalars.first)
        #expect(!"abcdefghijklmnopqrstuvwxyz0123456789".unicodeScalars.contains(from))
    }

    @Test(arguments: [
        "o'brien@evil.com", "a&b@evil.com", "x{y}~z@evil.com", "o=p/q?r^s`t|u$v#w@evil.com", "_@evil.com",
    ])
    func everySignOfAnAtomCanStand(address: String) throws {
        let policy = allowing("ses:SendEmail", condition: #"{"StringEquals":{"ses:FromAddress":"\#(address)"}}"#)
        #expect(
            try Proving(policy, senders: ["*@example.com"]).broken().context["ses:fromaddress"] == [address])
    }

    @Test func aDomainMayHaveOneLabelOrAnUnderscore() throws {
        for domain in ["localhost", "_x.evil.com", "a-b.c"] {
            let policy = allowing("ses:SendEmail", condition: #"{"StringLike":{"ses:Recipients":"*@\#(domain)"}}"#)
            let found = try Proving(policy, recipients: ["*@example.com"]).broken().context["ses:recipients"]
            #expect(found.contains { $0.hasSuffix("@\(domain)") })
        }
    }

    @Test func whatTheGateRefusesIsNoExample() throws {
        for address in [
            "a%b@evil.com", "a!b@evil.com", "a@EVIL.com", "a@-evil.com", "a b@evil.com", "b\u{FC}ro@evil.com",
        ] {
            let policy = allowing("ses:SendEmail", condition: #"{"StringEquals":{"ses:FromAddress":"\#(address)"}}"#)
            #expect(try Proving(policy, senders: ["*@example.com"]).holds(), "\(address)")
        }
        for address in ["a%b@evil.com", "a!b@evil.com", "a@EVIL.com", #"\"a b\"@evil.com"#, "b\u{FC}ro@evil.com"] {
            let policy = allowing("ses:SendEmail", condition: #"{"StringEquals":{"ses:FromAddress":"\#(address)"}}"#)
            #expect(throws: Never.self) {
                try Proving(policy, senders: ["*@example.com"], guarded: false).broken()
            }
        }
    }

    @Test func anAddressHasItsLimits() throws {
        for (length, isBroken) in [(64, true), (65, false)] {
            let address = String(repeating: "a", count: length) + "@evil.com"
            let policy = allowing("ses:SendEmail", condition: #"{"StringEquals":{"ses:FromAddress":"\#(address)"}}"#)
            #expect(try Proving(policy, senders: ["*@example.com"]).holds() != isBroken)
        }
    }

    @Test func spellingsOfOneLetterAreTwoTexts() throws {
        let policy = guardedPolicy(
            allow: #"{"StringEquals":{"ses:FromDisplayName":["\u00e9","e\u0301"]}}"#,
            deny: #"{"StringEquals":{"ses:FromDisplayName":"\u00e9"}}"#)
        let name = try Proving(policy, senders: ["*@example.com"]).broken().context["ses:fromdisplayname"]
        #expect(name.map { Array($0.unicodeScalars.map(\.value)) } == [[0x65, 0x301]])
    }
}

@Suite("Senders are tied to the identity that covers them")
struct ProverIdentityTests {
    private func identity(_ name: String) -> String { "arn:aws:ses:us-east-1:111122223333:identity/\(name)" }

    @Test func aDomainCoversItselfAndWhatIsBeneath() throws {
        let policy = allowing(on: identity("example.com"))
        #expect(try Proving(policy, senders: ["*@example.com", "*@*.example.com"]).holds())
        let from = try Proving(policy, senders: ["*@example.com"]).broken().context["ses:fromaddress"]
        #expect(from.first?.hasSuffix(".example.com") == true)
        // Another engine may not tie them.
        #expect(try !Proving(policy, senders: ["*@example.com", "*@*.example.com"], guarded: false).holds())
    }

    @Test func anAddressCoversItselfAndItsLabels() throws {
        let policy = allowing(on: identity("ops@example.com"))
        #expect(try Proving(policy, senders: ["ops@example.com", "ops+*@example.com"]).holds())
        let request = try Proving(policy, senders: ["ops@example.com"]).broken()
        #expect(request.context["ses:fromaddress"].first?.hasPrefix("ops+") == true)
        #expect(request.resource == identity("ops@example.com"))
    }

    @Test func identityAndAddressMustFit() throws {
        let policy = allowing(
            on: identity("a.example"), condition: #"{"StringLike":{"ses:FromAddress":"*@b.example"}}"#)
        #expect(try Proving(policy, recipients: ["*@example.com"]).holds())
        let either = """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendEmail","Resource":"*"},
            {"Effect":"Deny","Action":"ses:*","NotResource":"\(identity("good.example"))"}]}
            """
        #expect(try Proving(either, senders: ["*@good.example", "*@*.good.example"]).holds())
    }

    @Test func theReturnPathNeedsItsOwnIdentity() throws {
        let policy = allowing(
            on: identity("a.example"), condition: #"{"StringLike":{"ses:FeedbackAddress":"*@b.example"}}"#)
        #expect(try Proving(policy, recipients: ["*@example.com"]).holds())
        let both = allowing(
            on: identity("?.example"), condition: #"{"StringLike":{"ses:FeedbackAddress":"*@b.example"}}"#)
        #expect(throws: Never.self) { try Proving(both, recipients: ["*@example.com"]).broken() }
        let two = """
            {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ses:SendEmail","Resource":["\(identity("a.example"))",
            "\(identity("b.example"))"],"Condition":{"StringLike":{"ses:FeedbackAddress":"*@b.example",
            "ses:FromAddress":"*@a.example"}}}}
            """
        let request = try Proving(two, recipients: ["*@example.com"]).broken()
        #expect(request.resource == identity("a.example"))
        #expect(request.context["ses:feedbackaddress"].first?.hasSuffix("@b.example") == true)
    }

    @Test func aTemplateMustBeAllowedToo() throws {
        let policy = """
            {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ses:SendTemplatedEmail",
            "Resource":"\(identity("example.com"))"}}
            """
        #expect(try Proving(policy, recipients: ["*@example.com"]).holds())
        let withTemplate = policy.replacing(
            #""Resource":"\#(identity("example.com"))""#,
            with: #""Resource":["\#(identity("example.com"))","arn:aws:ses:*:111122223333:template/welcome-*"]"#)
        #expect(try Proving(withTemplate, recipients: ["*@example.com"]).broken().action == "ses:SendTemplatedEmail")
    }
}
