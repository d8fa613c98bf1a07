// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage
import Testing

@Suite("The prover tries whatever identity policies let a principal send with")
struct ProverScopeTests {
    private let inside = ["*@example.com"]

    private func delegation(
        _ arn: String, to principal: String, effect: String = "Allow", condition: String = "{}"
    ) throws -> ResourcePolicies {
        let text = """
            {"Version":"2012-10-17","Statement":{"Effect":"\(effect)","Principal":\(principal),"Action":"ses:SendEmail",
            "Resource":"\(arn)","Condition":\(condition)}}
            """
        return ResourcePolicies(arn: arn, policies: [try named("delegation", text, as: .resource)])
    }

    @Test(arguments: [
        "arn:aws:ses:us-east-1:444455556666:identity/*", "arn:aws:ses:eu-west-1:111122223333:identity/evil.com",
        "arn:aws-us-gov:ses:*:*:identity/evil.com", "arn:aws:ses:*:4444*:identity/*", "arn:aws:s?s:ap-*:*:*",
    ])
    func otherPlaces(resource: String) throws {
        #expect(throws: Never.self) { try Proving(allowing(on: resource), recipients: inside).broken() }
        #expect(throws: Never.self) { try Proving(allowing(on: resource), recipients: inside, guarded: false).broken() }
        let sound = allowing(on: resource, condition: #"{"ForAnyValue:StringLike":{"ses:Recipients":"*@example.com"}}"#)
        #expect(try !Proving(sound, recipients: inside).holds())
    }

    @Test func theRegionThatIsAskedIsTheIdentitys() throws {
        let policy = allowing(
            on: "arn:aws:ses:eu-west-1:*:identity/*",
            condition: #"{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}"#)
        #expect(try Proving(policy, recipients: inside).holds())
        let same = allowing(
            on: "arn:aws:ses:*:*:identity/*", condition: #"{"StringLike":{"aws:RequestedRegion":"ap-*"}}"#)
        #expect(try Proving(same, recipients: inside).broken().resource.hasPrefix("arn:aws:ses:ap-"))
    }

    @Test func aStatementOfNoPossibleIdentityIsNoProof() throws {
        let policy = allowing(on: "arn:aws:ses:us-east-1:111122223333:identity/Example.com")
        #expect(try Proving(policy, recipients: inside).doubt()?.contains("statement S") == true)
        #expect(try Proving(allowing(on: "arn:aws:ses:*:*:configuration-set/x"), recipients: inside).holds())
        #expect(try Proving(allowing(on: "arn:aws:s3:::*"), recipients: inside).holds())
    }

    // MARK: Variables

    @Test func variablesHaveTheirKnownValues() throws {
        let condition = #"{"StringEquals":{"ses:FromAddress":"${aws:username}@example.com"}}"#
        let policy = allowing(on: "*", condition: condition)
        let known = KnownKeys(PolicyContext(["aws:username": ["ada"]]))
        #expect(try Proving(policy, senders: ["ada@example.com"]).with { $0.known = known }.holds())
        #expect(
            try Proving(policy, senders: ["bob@example.com"]).with { $0.known = known }.broken()
                .context["ses:fromaddress"] == ["ada@example.com"])
        #expect(try Proving(policy, senders: ["ada@example.com"]).doubt()?.contains("aws:username") == true)
    }

    @Test func variablesInResourcesToo() throws {
        let policy = allowing(on: "arn:aws:ses:us-east-1:111122223333:identity/${aws:PrincipalTag/domain}")
        let known = KnownKeys(PolicyContext(["aws:PrincipalTag/domain": ["a.example"]]), absent: ["aws:principaltag/"])
        #expect(try Proving(policy, senders: ["*@a.example", "*@*.a.example"]).with { $0.known = known }.holds())
        #expect(try !Proving(policy, senders: ["*@b.example"]).with { $0.known = known }.holds())
        #expect(try Proving(policy, senders: ["*@a.example"]).doubt()?.contains("aws:principaltag/domain") == true)
        // Without the tag the statement speaks of nothing, unless it has a value of its own.
        let none = KnownKeys(absent: ["aws:principaltag/"])
        #expect(try Proving(policy, senders: ["*@b.example"]).with { $0.known = none }.holds())
        let standard = policy.replacing("/domain}", with: "/domain, 'c.example'}")
        #expect(
            try Proving(standard, senders: ["*@c.example", "*@*.c.example"]).with { $0.known = none }.holds())
    }

    @Test func aWholeVariableIsOne() throws {
        let policy = allowing(on: "*", condition: #"{"ArnLike":{"aws:SourceArn":"${aws:PrincipalArn}"}}"#)
        #expect(try Proving(policy, recipients: inside).doubt()?.contains("aws:principalarn") == true)
        let known = KnownKeys(PolicyContext(["aws:PrincipalArn": [app.arn]]))
        let request = try Proving(policy, recipients: inside).with { $0.known = known }.broken()
        #expect(request.context["aws:sourcearn"] == [app.arn])
        #expect(try PolicySet(identity: [named("p", policy)]).conditionKeys.contains("aws:principalarn"))
    }

    @Test func statementsThatAreNotOfSendsDoNotMatter() throws {
        let policy = """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*",
            "Condition":{"StringEquals":{"ses:Recipients":"${aws:whatever}"},"NumericEquals":{"ses:Recipients":"1"}}},
            {"Effect":"Allow","Action":"ses:SendEmail","Resource":"*","Condition":{"ForAllValues:StringLike":{"ses:Recipients":
            "*@example.com"}}}]}
            """
        #expect(try Proving(policy, recipients: inside).holds())
    }

    // MARK: Policies on identities

    @Test func anIdentityMayLetItsPrincipalInDirectly() throws {
        let direct = try delegation(identityARN, to: #"{"AWS":"\#(app.arn)"}"#)
        #expect(try Proving(recipients: inside).with { $0.resources = [] }.holds())
        let request = try Proving(recipients: inside).with { $0.resources = [direct] }.broken()
        #expect(request.resource == identityARN)
        // The account as principal only passes it on.
        let account = try delegation(identityARN, to: #"{"AWS":"111122223333"}"#)
        #expect(try Proving(recipients: inside).with { $0.resources = [account] }.holds())
        let stranger = try delegation(identityARN, to: #"{"AWS":"arn:aws:iam::111122223333:user/other"}"#)
        #expect(try Proving(recipients: inside).with { $0.resources = [stranger] }.holds())
        let sound = try delegation(
            identityARN, to: "\"*\"", condition: #"{"ForAllValues:StringLike":{"ses:Recipients":"*@example.com"}}"#)
        #expect(try Proving(recipients: inside).with { $0.resources = [sound] }.holds())
    }

    @Test func acrossAccountsBothMustAllow() throws {
        let foreign = "arn:aws:ses:us-east-1:444455556666:identity/evil.com"
        let known = KnownKeys(PolicyContext(["aws:RequestedRegion": ["us-east-1"]]))
        let asked = Proving(allowing(on: foreign), recipients: inside).with { $0.known = known }
        let delegation = try delegation(foreign, to: #"{"AWS":"111122223333"}"#)
        #expect(try asked.with { $0.resources = [delegation] }.broken().resource == foreign)
        // Nobody let it in; but somebody could.
        #expect(try asked.with { $0.resources = [] }.doubt()?.contains("444455556666") == true)
        #expect(try Proving(recipients: inside).with { $0.resources = [delegation] }.holds())
        let sound = allowing(on: foreign, condition: #"{"ForAllValues:StringLike":{"ses:Recipients":"*@example.com"}}"#)
        #expect(try Proving(sound, recipients: inside).with { $0.resources = [] }.holds())
        #expect(try Proving(sound, recipients: inside).with { $0.resources = [delegation] }.holds())
    }

    @Test func aPolicyOnAnIdentityMayAlsoDeny() throws {
        let own = allowing(on: identityARN)
        let denial = try delegation(identityARN, to: "\"*\"", effect: "Deny")
        let limited = own.replacing("ses:Send*", with: "ses:SendEmail")
        #expect(try Proving(limited, recipients: inside).with { $0.resources = [denial] }.holds())
        #expect(try !Proving(limited, recipients: inside).with { $0.resources = [] }.holds())
    }

    @Test func aSessionMayBeNamed() throws {
        let role = PolicyPrincipal(
            account: "111122223333", kind: .roleSession,
            arn: "arn:aws:sts::111122223333:assumed-role/mailer/simulation",
            role: "arn:aws:iam::111122223333:role/mailer")
        let named = try delegation(
            identityARN, to: #"{"AWS":"arn:aws:sts::111122223333:assumed-role/mailer/night-shift"}"#)
        var asked = Proving(recipients: inside)
        asked.principal = role
        asked.resources = [named]
        #expect(try asked.broken().principal.arn.hasSuffix("/night-shift"))
        asked.resources = [try delegation(identityARN, to: #"{"AWS":"arn:aws:iam::111122223333:role/mailer"}"#)]
        #expect(throws: Never.self) { try asked.broken() }
        asked.policies.boundary = try PolicyLanguageTests.named("boundary", allowing("ses:GetIdentity"))
        #expect(try asked.holds())
    }

    @Test func boundaryAndOrganisationBind() throws {
        var asked = Proving(allowing(on: "*"), recipients: inside)
        asked.policies.organization = [[], []]
        #expect(try asked.holds())
        asked.policies.organization = [[try named("all", allowing("*"), as: .organization)]]
        #expect(throws: Never.self) { try asked.broken() }
        asked.policies.boundary = try named("boundary", allowing("ses:GetIdentity"))
        #expect(try asked.holds())
    }

    @Test func somebodyWithoutPoliciesIsNoProof() throws {
        for kind in [PolicyPrincipal.Kind.root, .service, .federated] {
            let asked = Proving(allowing(on: "*"), recipients: inside).with {
                $0.principal = PolicyPrincipal(account: "111122223333", kind: kind, arn: "x")
            }
            #expect(try asked.doubt() != nil)
        }
    }
}
