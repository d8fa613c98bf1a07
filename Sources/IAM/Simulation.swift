// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import PolicyLanguage

/// One simulation: every action on every resource.
struct Simulation {
    /// Of each of a request's lists.
    static let maximumList = 1_000
    private static let maximumValue = 4_096

    var policies = PolicySet()
    var principal: PolicyPrincipal
    private let actions: [String]
    private let resources: [String]
    private var resourceOwner: String?
    private var context = PolicyContext()

    init(_ input: SimulationInput, as principal: PolicyPrincipal) throws {
        self.principal = principal
        actions = try Self.bounded(input.actionNames, "actionNames", 3...128)
        let named = try Self.bounded(input.resourceArns ?? [], "resourceArns", 1...2_048)
        resources = named.isEmpty ? ["*"] : named
        guard input.resourceHandlingOption == nil else {
            throw ServiceError("InvalidInput", "ResourceHandlingOption is for Amazon EC2, which is not here.")
        }
        if let caller = input.callerArn { self.principal = try Self.caller(caller) }
        resourceOwner = try input.resourceOwner.map(Self.owner)
        policies.resource = try Self.parse(input.resourcePolicy.map { [$0] }, "ResourcePolicy", as: .resource)
    }

    static func parse(
        _ documents: [String]?, _ name: String, as kind: Policy.Kind = .identity
    ) throws -> [NamedPolicy] {
        try bounded(documents ?? [], name, 1...IAMRules.maximumDocument).enumerated().map { index, text in
            do {
                return NamedPolicy(name: "\(name).\(index + 1)", policy: try Policy(parsing: text, as: kind))
            } catch {
                throw ServiceError("InvalidInput", "\(name).\(index + 1): \(error)")
            }
        }
    }

    /// Adds what the request brings to the policies that there are.
    mutating func add(_ input: [String]?, boundary: [String]?) throws {
        policies.identity += try Self.parse(input, "PolicyInputList")
        let boundaries = try Self.parse(boundary, "PermissionsBoundaryPolicyInputList")
        guard boundaries.count <= 1 else {
            throw ServiceError("InvalidInput", "PermissionsBoundaryPolicyInputList holds one policy at most.")
        }
        if let given = boundaries.first { policies.boundary = given }
    }

    /// - Parameter own: condition keys that the principal brings to every request.
    mutating func meet(_ own: [String: [String]], _ entries: [ContextEntry]?) throws {
        context = PolicyContext(own)
        let entries = entries ?? []
        try Self.requireLength(entries.count, "contextEntries")
        for entry in entries {
            let values = try Self.bounded(entry.contextKeyValues ?? [], "contextKeyValues", 0...Self.maximumValue)
            _ = try Self.bounded([entry.contextKeyName], "contextKeyName", 5...256)
            guard values.count == 1 || entry.contextKeyType?.isList != false else {
                throw ServiceError(
                    "InvalidInput", "\(entry.contextKeyName) is of a type that has one value, and has \(values.count).")
            }
            context[entry.contextKeyName] = values
        }
    }

    /// Only what the page shows is decided.
    func run(marker: String?, maxItems: Number?) throws -> SimulationOutput {
        let missing = policies.conditionKeys.filter { context[$0].isEmpty }
        let page = try Page(count: actions.count * resources.count, marker: marker, maxItems: maxItems) { place in
            result(actions[place / resources.count], resources[place % resources.count], missing)
        }
        return SimulationOutput(
            evaluationResults: page.elements, isTruncated: page.isTruncated, marker: page.marker)
    }

    private func result(_ action: String, _ resource: String, _ missing: [String]) -> EvaluationResult {
        let fields = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        let named = fields.count == 6 && !fields[4].isEmpty ? String(fields[4]) : nil
        let request = PolicyRequest(
            principal: principal, action: action, resource: resource,
            resourceAccount: named ?? resourceOwner ?? principal.account, context: context)
        return EvaluationResult(policies.decide(request), of: request, by: policies, missing)
    }

    // MARK: What a request may hold

    private static func bounded(_ list: [String], _ what: String, _ length: ClosedRange<Int>) throws -> [String] {
        try requireLength(list.count, what)
        try inIAMsWords { for text in list { try IAMRules.length(text, what, length) } }
        return list
    }

    private static func requireLength(_ count: Int, _ what: String) throws {
        guard count <= maximumList else {
            throw ServiceError(IAMRules.violation(what, "Member must have length less than or equal to \(maximumList)"))
        }
    }

    // "You can specify only the ARN of an IAM user."
    private static func caller(_ arn: String) throws -> PolicyPrincipal {
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 6, fields[0...3] == ["arn", "aws", "iam", ""], fields[5].hasPrefix("user/"),
            let account = accountNumber(fields[4])
        else { throw ServiceError("InvalidInput", "CallerArn must be the ARN of an IAM user.") }
        return PolicyPrincipal(account: account, kind: .user, arn: arn)
    }

    private static func owner(_ text: String) throws -> String {
        let fields = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard let account = accountNumber(fields.count == 6 ? fields[4] : text) else {
            throw ServiceError("InvalidInput", "ResourceOwner must be the ARN of an account.")
        }
        return account
    }

    private static func accountNumber(_ text: String) -> String? {
        text.utf8.count == 12 && text.utf8.allSatisfy { (48...57).contains($0) } ? text : nil
    }
}
