// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage
import Testing

@Suite("The playbook's policies give the decisions the playbook lists")
struct PlaybookPolicyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let action: String
        let recipients: [String]?
        let from: String
        let tls: String
        let endpoint: String?
        let isAllowed: Bool
        let statement: String?

        init(
            _ name: String, _ action: String = "ses:SendEmail", to recipients: [String]? = ["ada@example.com"],
            from: String = "ops@aws.example.com", tls: String = "true", endpoint: String? = "vpce-0abc",
            isAllowed: Bool, _ statement: String? = nil
        ) {
            self.name = name
            self.action = action
            self.recipients = recipients
            self.from = from
            self.tls = tls
            self.endpoint = endpoint
            self.isAllowed = isAllowed
            self.statement = statement
        }

        var testDescription: String { name }

        var context: [String: [String]] {
            [
                "ses:Recipients": recipients ?? [], "ses:FromAddress": [from], "aws:SecureTransport": [tls],
                "aws:SourceVpce": endpoint.map { [$0] } ?? [],
            ]
        }
    }

    @Test(arguments: [
        Case("inside", isAllowed: true),
        Case("outside", to: ["x@evil.example"], isAllowed: false, "NoOutsideRecipient"),
        Case("mixed", to: ["ada@example.com", "x@evil.example"], isAllowed: false, "NoOutsideRecipient"),
        Case("upper case", to: ["ada@EXAMPLE.com"], isAllowed: false, "NoOutsideRecipient"),
        Case("look-alike", to: ["ada@evilexample.com"], isAllowed: false, "NoOutsideRecipient"),
        Case("sub-domain", to: ["ada@a.example.com"], isAllowed: false, "NoOutsideRecipient"),
        Case("empty", to: [], isAllowed: false, "NoMissingRecipient"),
        Case("absent", to: nil, isAllowed: false, "NoMissingRecipient"),
        Case("bulk", "ses:SendBulkEmail", isAllowed: false, "UncheckableVerbs"),
        Case("custom verification", "ses:SendCustomVerificationEmail", isAllowed: false, "UncheckableVerbs"),
        Case("plain text", tls: "false", isAllowed: false, "PlainText"),
        Case("apex From", from: "ops@example.com", isAllowed: false),
        Case("look-alike From", from: "ops@aws.example.com.evil.example", isAllowed: false),
        Case("sub-sub-domain From", from: "ops@x.aws.example.com", isAllowed: false),
        Case("no endpoint", endpoint: nil, isAllowed: false),
        Case("percent hack", to: ["v%evil.example@example.com"], isAllowed: true),
        Case("quoted at", to: ["\"v@evil.example\"@example.com"], isAllowed: true),
    ])
    func sound(_ expected: Case) throws {
        let policies = PolicySet(identity: [try named("mail-app v3", soundPolicy)])
        let asked = request(expected.action, with: expected.context)
        let decision = policies.decide(asked)
        #expect(decision.isAllowed == expected.isAllowed, "\(decision.explanation(of: asked))")
        switch decision.verdict {
        case .explicitlyDenied(let reference): #expect(reference.statement.name == expected.statement)
        default: #expect(expected.statement == nil)
        }
    }

    @Test(arguments: [
        Case("outside", to: ["x@evil.example"], isAllowed: false),
        Case("empty", to: [], isAllowed: true),
        Case("absent", to: nil, isAllowed: true),
        Case("bulk to anyone", "ses:SendBulkEmail", to: nil, isAllowed: true),
    ])
    func published(_ expected: Case) throws {
        let policies = PolicySet(identity: [try named("published", publishedPolicy)])
        #expect(policies.decide(request(expected.action, with: expected.context)).isAllowed == expected.isAllowed)
    }

    @Test func displayNameWithoutStarIsAnExactMatch() throws {
        let condition = #"{"StringLike":{"ses:FromDisplayName":"Operations"}}"#
        let policies = PolicySet(identity: [try named("names", allowing("ses:SendEmail", condition: condition))])
        #expect(policies.decide(request(with: ["ses:FromDisplayName": ["Operations"]])).isAllowed)
        #expect(!policies.decide(request(with: ["ses:FromDisplayName": ["Operations Team"]])).isAllowed)
        #expect(!policies.decide(request(with: ["ses:FromDisplayName": ["operations"]])).isAllowed)
    }

    @Test func explainsWhichStatementAndWhichRecipient() throws {
        let policies = PolicySet(identity: [try named("mail-app v3", soundPolicy)])
        let asked = request(with: [
            "ses:Recipients": ["a@example.com", "x@evil.example", "b@example.com"],
            "ses:FromAddress": ["ops@aws.example.com"],
        ])
        #expect(
            policies.decide(asked).explanation(of: asked)
                == "denied: statement NoOutsideRecipient in mail-app v3 (identity-based policy); "
                + "value 2 of 3 of ses:Recipients is outside *@example.com")
    }

    @Test func explainsWhatIsMissing() throws {
        let policies = PolicySet(identity: [try named("mail-app v3", soundPolicy)])
        let asked = request(with: [
            "ses:Recipients": ["a@example.com"], "ses:FromAddress": ["ops@aws.example.com"],
            "aws:SecureTransport": ["true"],
        ])
        let decision = policies.decide(asked)
        #expect(decision.missingKeys == ["aws:SourceVpce"])
        #expect(
            decision.explanation(of: asked)
                == "denied: no identity-based policy allows ses:SendEmail on \(identityARN); statement "
                + "SendFromSubdomain in mail-app v3 (identity-based policy) would, but aws:SourceVpce is absent; "
                + "the request brings no aws:SourceVpce")
    }
}
