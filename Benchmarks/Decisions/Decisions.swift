// SPDX-License-Identifier: Apache-2.0
// How many decisions a second the policy engine makes: ten policies of ten statements, on one core.

import Foundation
import PolicyLanguage

@main
enum Decisions {
    static func main() throws {
        let policies = PolicySet(identity: try (0..<10).map { NamedPolicy(name: "p\($0)", policy: try policy($0)) })
        let user = PolicyPrincipal(account: "111122223333", kind: .user, arn: "arn:aws:iam::111122223333:user/app")
        let request = PolicyRequest(
            principal: user, action: "ses:SendEmail",
            resource: "arn:aws:ses:us-east-1:111122223333:identity/example.com",
            resourceAccount: "111122223333",
            context: PolicyContext([
                "ses:FromAddress": ["app9-x@example.com"], "ses:Recipients": ["a@example.com", "b@example.com"],
                "aws:SecureTransport": ["true"], "aws:SourceIp": ["10.1.2.3"],
            ]))
        let narrowed = policies.narrowed(to: request.action, on: request.resource)
        try measure("whole set", policies, request)
        try measure("narrowed to action and resource, as the server asks", narrowed, request)
    }

    private static func measure(_ name: String, _ policies: PolicySet, _ request: PolicyRequest) throws {
        let count = 50_000
        var allowed = 0
        let begun = ContinuousClock.now
        for _ in 0..<count { if case .allowed = policies.verdict(on: request) { allowed += 1 } }
        let seconds =
            Double((ContinuousClock.now - begun).components.attoseconds) / 1e18
            + Double((ContinuousClock.now - begun).components.seconds)
        guard allowed == count else { throw NotAllowed() }
        print("\(name): \(Int(Double(count) / seconds)) decisions/s, \(Int(seconds / Double(count) * 1e9)) ns each")
    }

    // Nine statements that do not apply, of both effects, and one that allows.
    private static func policy(_ number: Int) throws -> Policy {
        let others = (0..<9).map { index in
            """
            {"Sid":"S\(index)","Effect":"\(index % 3 == 0 ? "Deny" : "Allow")","Action":["ses:SendEmail","ses:SendRawEmail"],
            "Resource":"arn:aws:ses:*:111122223333:identity/*","Condition":{"StringLike":{"ses:FromAddress":"no\(index)-*@*"},
            "ForAnyValue:StringNotLike":{"ses:Recipients":"*@example.com"},"Bool":{"aws:SecureTransport":"true"}}}
            """
        }
        let allow = """
            {"Sid":"A","Effect":"Allow","Action":"ses:Send*","Resource":"*","Condition":{"StringLike":{
            "ses:FromAddress":"app\(number)-*@example.com"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}
            """
        return try Policy(
            parsing: #"{"Version":"2012-10-17","Statement":[\#((others + [allow]).joined(separator: ","))]}"#,
            as: .identity)
    }
}

struct NotAllowed: Error {}
