// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import Sending
import Testing

@Suite("The guardrail against public identity policies")
struct PublicPolicyTests {
    private static let resource = "arn:aws:ses:us-east-1:111122223333:identity/example.com"

    private func document(_ principal: String, _ condition: String) -> String {
        """
        {"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Allow","Principal":\(principal),\
        "Action":"ses:SendEmail","Resource":"\(Self.resource)","Condition":\(condition)}]}
        """
    }

    private func house(forbids: Bool = true) async throws -> IdentityHouse {
        var guardrails = Guardrails()
        guardrails.forbidsPublicIdentityPolicies = forbids
        let house = try await IdentityHouse(guardrails: guardrails)
        try await house.put("example.com", .success)
        return house
    }

    private func put(_ text: String, in house: IdentityHouse) async throws {
        try await house.directory.putPolicy(
            text, named: "p", on: try house.name("example.com"), .either, operation: "PutIdentityPolicy",
            by: house.caller)
    }

    @Test(
        "refuses what strangers meet",
        arguments: [
            #"{}"#,
            #"{"StringLike":{"aws:PrincipalArn":"arn:*"}}"#,
            #"{"StringLike":{"aws:PrincipalArn":"arn:*:iam::111122223333:*"}}"#,
            #"{"StringLike":{"aws:PrincipalArn":["arn:aws:iam::111122223333:*","arn:aws:iam::*:*"]}}"#,
            #"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:*"}}"#,
            #"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::11112222333?:*"}}"#,
            #"{"ArnEquals":{"aws:PrincipalArn":"${aws:PrincipalArn}"}}"#,
            #"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:*"}}"#,
            #"{"StringLike":{"aws:userid":"*:*"}}"#,
            #"{"StringLike":{"aws:userid":"A*"}}"#,
            #"{"StringEquals":{"aws:PrincipalAccount":"${aws:PrincipalAccount}"}}"#,
            #"{"StringLike":{"aws:PrincipalAccount":"????????????"}}"#,
            #"{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}"#,
            #"{"StringEqualsIfExists":{"aws:PrincipalAccount":"111122223333"}}"#,
            #"{"ForAllValues:StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#,
            #"{"NumericGreaterThan":{"aws:PrincipalAccount":"111122223333"}}"#,
            #"{"Null":{"aws:PrincipalAccount":"false"}}"#,
            #"{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#,
            #"{"StringLike":{"aws:PrincipalOrgID":"o-a1b2c3d4e5*"}}"#,
            #"{"StringLike":{"aws:SourceVpce":"vpce-*"}}"#,
            #"{"StringLike":{"aws:SourceVpce":"*"}}"#,
            #"{"StringEquals":{"ses:FromAddress":"ada@example.com"}}"#,
            #"{"StringEquals":{"aws:UserAgent":"111122223333"}}"#,
            #"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#,
        ])
    func refuses(_ condition: String) async throws {
        let house = try await house()
        for principal in [#""*""#, #"{"AWS":"*"}"#, #"{"AWS":["444455556666","*"]}"#] {
            do {
                try await put(document(principal, condition), in: house)
                Issue.record("\(principal) \(condition) was taken")
            } catch IdentityPolicyFailure.invalid(let why) {
                #expect(why.contains("forbid-public-identity-policies: statement S"))
            }
        }
        try await put(document(#"{"AWS":"444455556666"}"#, condition), in: house)
    }

    @Test(
        "takes what names somebody in full",
        arguments: [
            #"{"StringEquals":{"aws:PrincipalAccount":["111122223333","444455556666"]}}"#,
            #"{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/mail-*"}}"#,
            #"{"ArnLike":{"aws:PrincipalArn":"arn:*:iam::111122223333:*"}}"#,
            #"{"ArnEquals":{"AWS:PRINCIPALARN":"arn:aws:iam::111122223333:user/app"}}"#,
            #"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#,
            #"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/*"}}"#,
            #"{"StringEquals":{"aws:SourceVpce":"vpce-0abc"}}"#,
            #"{"StringLike":{"ses:FromAddress":"*@example.com"},"StringEquals":{"aws:SourceAccount":"111122223333"}}"#,
        ])
    func takes(_ condition: String) async throws {
        try await put(document(#""*""#, condition), in: try await house())
    }

    @Test("lists what was put while it was off")
    func lists() async throws {
        let free = try await house(forbids: false)
        try await put(document(#""*""#, "{}"), in: free)
        #expect(try await free.directory.forbiddenPolicies() == [])
        let bound = try await house()
        let name = try bound.name("example.com")
        let policies = try #require(await free.stored("example.com")).policies
        try await bound.store.change(name, in: bound.account, recording: nil) { $0.policies = policies }
        #expect(try await bound.directory.forbiddenPolicies() == ["\(Self.resource): policy p, statement S"])
    }
}
