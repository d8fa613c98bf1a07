// SPDX-License-Identifier: Apache-2.0
// Reads cases, one JSON object a line, and writes the policy engine's decision for each: for comparison with another.

import Foundation
import PolicyLanguage

@main
enum PolicyOracle {
    static func main() throws {
        while let line = readLine() {
            guard let data = line.data(using: .utf8),
                let fields = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            else { throw UnreadableCase() }
            print(try decide(fields))
        }
    }

    private static func decide(_ fields: [String: Any]) throws -> String {
        var policies = PolicySet()
        policies.identity = try documents(fields["identity"], .identity)
        policies.boundary = try fields["boundary"].flatMap { $0 is NSNull ? nil : try named($0, .identity, 0) }
        policies.session = fields["session"] is [Any] ? try documents(fields["session"], .identity) : nil
        for level in fields["organization"] as? [Any] ?? [] {
            policies.organization.append(try documents(level, .organization))
        }
        policies.resource = try documents(fields["resource"], .resource)
        switch policies.verdict(on: try request(fields)) {
        case .allowed: return "Allow"
        case .explicitlyDenied: return "ExplicitDeny"
        case .implicitlyDenied: return "ImplicitDeny"
        }
    }

    private static func request(_ fields: [String: Any]) throws -> PolicyRequest {
        guard let who = fields["principal"] as? [String: Any], let account = who["account"] as? String,
            let kind = (who["kind"] as? String).flatMap(PolicyPrincipal.Kind.init), let arn = who["arn"] as? String,
            let action = fields["action"] as? String, let resource = fields["resourceARN"] as? String,
            let owner = fields["resourceAccount"] as? String, let context = fields["context"] as? [String: [String]]
        else { throw UnreadableCase() }
        let principal = PolicyPrincipal(account: account, kind: kind, arn: arn, role: who["role"] as? String)
        return PolicyRequest(
            principal: principal, action: action, resource: resource, resourceAccount: owner,
            context: PolicyContext(context))
    }

    private static func documents(_ list: Any?, _ kind: Policy.Kind) throws -> [NamedPolicy] {
        guard let list = list as? [Any] else { return [] }
        return try list.enumerated().map { try named($1, kind, $0) }
    }

    private static func named(_ document: Any, _ kind: Policy.Kind, _ index: Int) throws -> NamedPolicy {
        let data = try JSONSerialization.data(withJSONObject: document)
        return NamedPolicy(
            name: "\(index)", policy: try Policy(parsing: String(decoding: data, as: UTF8.self), as: kind))
    }
}

struct UnreadableCase: Error {}
