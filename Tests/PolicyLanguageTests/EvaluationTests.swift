// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage
import Testing

@Suite("Policies of all kinds are combined as the IAM user guide says")
struct EvaluationTests {
    private let allow = allowing("ses:SendEmail")
    private let other = allowing("ses:SendRawEmail")
    private let member = PolicyPrincipal(
        account: "444455556666", kind: .user, arn: "arn:aws:iam::444455556666:user/app")
    private let session = PolicyPrincipal(
        account: "111122223333", kind: .roleSession, arn: "arn:aws:sts::111122223333:assumed-role/mailer/s1",
        role: "arn:aws:iam::111122223333:role/mailer")

    private func delegation(to principal: String, effect: String = "Allow") throws -> NamedPolicy {
        try named(
            "delegation",
            """
            {"Version":"2012-10-17","Statement":{"Effect":"\(effect)","Principal":\(principal),"Action":"ses:SendEmail",
            "Resource":"\(identityARN)"}}
            """, as: .resource)
    }

    @Test func nothingAllowsNothing() {
        #expect(PolicySet().verdict(on: request()) == .implicitlyDenied(.identity))
    }

    @Test func everyLevelOfTheOrganisationMustAllow() throws {
        var policies = PolicySet(identity: [try named("own", allow)])
        policies.organization = [
            [try named("root", allow, as: .organization)], [try named("account", other, as: .organization)],
        ]
        #expect(policies.verdict(on: request()) == .implicitlyDenied(.organization))
        policies.organization[1].append(try named("more", allow, as: .organization))
        #expect(policies.decide(request()).isAllowed)
    }

    @Test func boundaryAndSessionBoundButGrantNothing() throws {
        let grant = try named("grant", allow)
        #expect(!PolicySet(boundary: grant, session: [grant]).decide(request()).isAllowed)
        let bound = PolicySet(identity: [grant], boundary: try named("boundary", other))
        #expect(bound.verdict(on: request()) == .implicitlyDenied(.boundary))
        let inSession = PolicySet(identity: [grant], session: [try named("session", other)])
        #expect(inSession.verdict(on: request()) == .implicitlyDenied(.session))
        #expect(PolicySet(identity: [grant], session: []).verdict(on: request()) == .implicitlyDenied(.session))
    }

    @Test func aDenyAnywhereIsFinal() throws {
        let denial = """
            {"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ses:*","Resource":"*"}}
            """
        let grant = try named("grant", allow)
        let deny = try named("no", denial)
        for policies in [
            PolicySet(identity: [grant, deny]), PolicySet(identity: [grant], boundary: deny),
            PolicySet(identity: [grant], session: [grant, deny]),
            PolicySet(identity: [grant], resource: [try delegation(to: "\"*\"", effect: "Deny")]),
        ] {
            guard case .explicitlyDenied = policies.verdict(on: request()) else {
                Issue.record("\(policies) lets it pass")
                return
            }
        }
    }

    @Test(arguments: [
        (#"{"AWS":"arn:aws:iam::111122223333:user/app"}"#, true),
        (#""*""#, true),
        (#"{"AWS":"111122223333"}"#, false),
        (#"{"AWS":"arn:aws:iam::111122223333:root"}"#, false),
        (#"{"AWS":"arn:aws:iam::111122223333:user/other"}"#, false),
    ])
    func aResourcePolicyInTheSameAccount(principal: String, isEnough: Bool) throws {
        let policies = PolicySet(boundary: try named("b", other), resource: [try delegation(to: principal)])
        #expect(policies.decide(request()).isAllowed == isEnough)
    }

    @Test func aRoleIsBoundWhereItsSessionIsNot() throws {
        let byRole = try delegation(to: #"{"AWS":"arn:aws:iam::111122223333:role/mailer"}"#)
        let bySession = try delegation(to: #"{"AWS":"arn:aws:sts::111122223333:assumed-role/mailer/s1"}"#)
        let boundary = try named("b", other)
        #expect(PolicySet(resource: [byRole]).decide(request(by: session)).isAllowed)
        #expect(!PolicySet(boundary: boundary, resource: [byRole]).decide(request(by: session)).isAllowed)
        #expect(PolicySet(boundary: boundary, resource: [bySession]).decide(request(by: session)).isAllowed)
    }

    @Test func acrossAccountsBothMustAllow() throws {
        let asked = request(by: member)
        let own = try named("own", allow)
        for principal in [#""*""#, #"{"AWS":"444455556666"}"#, #"{"AWS":"arn:aws:iam::444455556666:user/app"}"#] {
            let delegation = try delegation(to: principal)
            #expect(PolicySet(identity: [own], resource: [delegation]).decide(asked).isAllowed)
            #expect(PolicySet(resource: [delegation]).verdict(on: asked) == .implicitlyDenied(.identity))
        }
        #expect(PolicySet(identity: [own]).verdict(on: asked) == .implicitlyDenied(.resource))
        let stranger = try delegation(to: #"{"AWS":"777788889999"}"#)
        #expect(PolicySet(identity: [own], resource: [stranger]).verdict(on: asked) == .implicitlyDenied(.resource))
    }

    @Test func theRootUserNeedsNoPolicyButObeysDenials() throws {
        let root = PolicyPrincipal(account: "111122223333", kind: .root, arn: "arn:aws:iam::111122223333:root")
        #expect(PolicySet().decide(request(by: root)).isAllowed)
        let organization = [[try named("scp", other, as: .organization)]]
        #expect(!PolicySet(organization: organization).decide(request(by: root)).isAllowed)
    }

    @Test func aServiceHasResourcePoliciesOnly() throws {
        let service = PolicyPrincipal(account: "", kind: .service, arn: "cognito-idp.amazonaws.com")
        let delegation = try delegation(to: #"{"Service":"cognito-idp.amazonaws.com"}"#)
        #expect(PolicySet(resource: [delegation]).decide(request(by: service)).isAllowed)
        #expect(!PolicySet(identity: [try named("i", allow)]).decide(request(by: service)).isAllowed)
    }

    @Test func everybodyBut() throws {
        let denial = """
            {"Version":"2012-10-17","Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["111122223333",
            "arn:aws:iam::111122223333:user/app"]},"Action":"ses:SendEmail","Resource":"\(identityARN)"}}
            """
        let policies = PolicySet(
            identity: [try named("own", allow)],
            resource: [try named("d", denial, as: .resource), try delegation(to: "\"*\"")])
        #expect(policies.decide(request()).isAllowed)
        #expect(!policies.decide(request(by: member)).isAllowed)
    }

    @Test func aStarDoesNotCrossComponents() throws {
        let text = """
            {"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"iam:*",
            "NotResource":"arn:aws:ses:*:111122223333:configuration-set/*"}}
            """
        let policies = PolicySet(identity: [try named("not", text)])
        #expect(policies.decide(request()).isAllowed)
        #expect(!policies.decide(request("iam:ListUsers", on: "*")).isAllowed)
        let set = "arn:aws:ses:us-east-1:111122223333:configuration-set/x:y"
        #expect(!policies.decide(request(on: set)).isAllowed)
    }
}
