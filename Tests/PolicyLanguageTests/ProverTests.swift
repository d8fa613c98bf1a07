// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage
import Testing

@Suite("The prover finds what policies let through, and says when they let nothing through")
struct ProverTests {
    private func prove(
        _ documents: [String], recipients: [String]? = nil, senders: [String]? = nil, tls: Bool = false, guarded: Bool
    ) throws -> Proof {
        let policies = PolicySet(identity: try documents.enumerated().map { try named("p\($0)", $1) })
        var property = SendProperty()
        property.recipients = recipients
        property.senders = senders
        property.requiresTLS = tls
        return Prover(policies, principal: app, guarded: guarded).prove(property)
    }

    /// The counter-example, which the evaluator itself must allow.
    private func broken(_ proof: Proof, _ documents: [String]) throws -> PolicyRequest {
        guard case .broken(_, let request, _) = proof else {
            Issue.record("\(proof)")
            throw NothingFound()
        }
        let policies = PolicySet(identity: try documents.enumerated().map { try named("p\($0)", $1) })
        #expect(policies.decide(request).isAllowed)
        return request
    }

    private struct NothingFound: Error {}

    private func isSound(_ proof: Proof) -> Bool { if case .holds = proof { true } else { false } }

    @Test func thePublishedPolicyLetsEmptyRecipientsAndBulkThrough() throws {
        let published = publishedPolicy.replacing("*@aws.example.com", with: "*@example.com")
        let request = try broken(try prove([published], recipients: ["*@example.com"], guarded: false), [published])
        #expect(request.context["ses:recipients"].isEmpty)
        #expect(isSound(try prove([published], recipients: ["*@example.com"], guarded: true)))
        let denyEmpty = """
            {"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":["ses:SendEmail","ses:SendRawEmail",
            "ses:SendTemplatedEmail","ses:SendBulkTemplatedEmail"],"Resource":"*",
            "Condition":{"Null":{"ses:Recipients":"true"}}}}
            """
        let bulk = try broken(
            try prove([published, denyEmpty], recipients: ["*@example.com"], guarded: false), [published, denyEmpty])
        #expect(bulk.action == "ses:SendBulkEmail")
    }

    @Test func aMissingAtLetsLookAlikesThrough() throws {
        let policy = allowing(
            "ses:SendEmail", condition: #"{"ForAnyValue:StringLike":{"ses:Recipients":"*example.com"}}"#)
        let request = try broken(try prove([policy], recipients: ["*@example.com"], guarded: true), [policy])
        #expect(request.context["ses:recipients"].contains { !$0.hasSuffix("@example.com") })
    }

    @Test func aDenyListMissesTheOtherCase() throws {
        let deny =
            #"""
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendEmail","Resource":"*"},
            {"Effect":"Deny","Action":"ses:*","Resource":"*",
            "Condition":{"StringLike":{"ses:FromAddress":"ceo@example.com"}}}]}
            """#
        let request = try broken(try prove([deny], senders: ["ops@*", "*@x.y"], guarded: false), [deny])
        #expect(!request.context["ses:fromaddress"].isEmpty)
        let onlyCase =
            #"""
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendEmail","Resource":"*",
            "Condition":{"StringEqualsIgnoreCase":{"ses:FromAddress":["ceo@a.b","ops@a.b"]}}},
            {"Effect":"Deny","Action":"ses:*","Resource":"*",
            "Condition":{"StringLike":{"ses:FromAddress":"ceo@a.b"}}}]}
            """#
        let upper = try broken(try prove([onlyCase], senders: ["ops@a.b"], guarded: false), [onlyCase])
        #expect(upper.context["ses:fromaddress"] != ["ceo@a.b"])
    }

    @Test func theSoundPolicyIsSound() throws {
        for guarded in [true, false] {
            #expect(isSound(try prove([soundPolicy], recipients: ["*@example.com"], guarded: guarded)))
            #expect(isSound(try prove([soundPolicy], senders: ["*@aws.example.com"], guarded: guarded)))
            #expect(isSound(try prove([soundPolicy], tls: true, guarded: guarded)))
        }
        let open = try prove([soundPolicy], recipients: ["*@sales.example.com"], guarded: true)
        #expect(!isSound(open))
    }

    @Test func anAllowWithTLSIsNoDenialOfPlainText() throws {
        let policies = [
            allowing("ses:SendEmail", condition: #"{"Bool":{"aws:SecureTransport":"true"}}"#), allowing("ses:Send*"),
        ]
        #expect(
            try broken(try prove(policies, tls: true, guarded: true), policies).context["aws:securetransport"] == [
                "false"
            ])
        #expect(isSound(try prove([policies[0]], tls: true, guarded: true)))
    }

    @Test func twoHundredPoliciesTakeNoTime() throws {
        var documents = (0..<199).map { number in
            #"""
            {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["ses:SendEmail","ses:SendRawEmail"],"Resource":"*",
            "Condition":{"StringLike":{"ses:FromAddress":"app\#(number)-*@aws.example.com"}}}}
            """#
        }
        documents.append(
            #"""
            {"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ses:*","Resource":"*",
            "Condition":{"ForAnyValue:StringNotLike":{"ses:Recipients":"*@example.com"}}},
            {"Effect":"Deny","Action":"ses:*","Resource":"*",
            "Condition":{"Null":{"ses:Recipients":"true"}}}]}
            """#
        )
        #expect(
            isSound(try prove(documents, recipients: ["*@example.com"], senders: ["*@aws.example.com"], guarded: true)))
        documents.removeLast()
        #expect(!isSound(try prove(documents, recipients: ["*@example.com"], guarded: true)))
    }
}
