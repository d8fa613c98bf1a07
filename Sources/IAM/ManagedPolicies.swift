// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Makes a managed policy.
struct CreatePolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyName: String
        var path: String?
        var policyDocument: String
        var description: String?
        var tags: [WireTag]?
    }
    struct Output: Encodable {
        let policy: PolicyOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (name, path, tags) = (input.policyName, input.path ?? "/", try input.tags.checked)
        let call = try IAMCall(Self.name, on: .new(.policy, name, path: path), access, context, keys: tags.keys)
        let (document, description) = (input.policyDocument, input.description ?? "")
        let policy = try await call.change { state in
            try state.createPolicy(
                name, path: path, document: document, description: description, tags: tags, in: call.account,
                at: call.now, random: call.random)
        }
        return Output(policy: PolicyOutput(.local(policy), PolicyUse()))
    }
}

/// One managed policy, without its document.
struct GetPolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
    }
    struct Output: Encodable {
        let policy: PolicyOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .policy(input.policyArn), access, context)
        let policy = try call.read { try AnyManagedPolicy(input.policyArn, in: call.account, $0) }
        return Output(policy: PolicyOutput(policy, call.state.policyUse(in: call.account)))
    }
}

/// The account's managed policies, AWS's, or both.
struct ListPolicies: Operation {
    static let route = iam

    struct Input: Decodable {
        var scope: PolicyScope?
        var onlyAttached: Flag?
        var pathPrefix: String?
        var policyUsageFilter: PolicyUsage?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let policies: [PolicyOutput]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let prefix = input.pathPrefix ?? "/"
        let call = try IAMCall(Self.name, on: .all(.policy, under: prefix), access, context)
        let use = call.state.policyUse(in: call.account)
        // What it is used as matters to AWS only where use is asked for at all.
        let usage = input.onlyAttached?.value == true ? input.policyUsageFilter ?? .any : nil
        let policies = call.policies(input.scope ?? .all).filter { policy in
            policy.path.hasPrefix(prefix) && (usage.map { $0.counts(of: policy.arn, use) > 0 } ?? true)
        }
        let page = try Page(policies, by: \.order, marker: input.marker, maxItems: input.maxItems)
        return Output(
            policies: page.elements.map { PolicyOutput($0, use, withTags: false) }, isTruncated: page.isTruncated,
            marker: page.marker)
    }
}

/// Deletes a managed policy that nobody uses.
struct DeletePolicy: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let arn = input.policyArn
        let call = try IAMCall(Self.name, on: .policy(arn), access, context)
        try await call.change { try $0.deletePolicy(arn, in: call.account) }
        return Empty()
    }
}

/// Whose managed policies are meant.
enum PolicyScope: String, WireWord {
    static let member = "scope"
    case all = "All"
    case aws = "AWS"
    case local = "Local"
}

/// What managed policies are used as.
enum PolicyUsage: String, WireWord {
    static let member = "policyUsageFilter"
    static let allCases: [PolicyUsage] = [.permissions, .boundary]
    case permissions = "PermissionsPolicy"
    case boundary = "PermissionsBoundary"
    /// Never said: what is meant when nothing is.
    case any = ""

    func counts(of arn: String, _ use: PolicyUse) -> Int {
        switch self {
        case .permissions: use.attachments(of: arn)
        case .boundary: use.boundaries(of: arn)
        case .any: use.attachments(of: arn) + use.boundaries(of: arn)
        }
    }
}

extension IAMCall {
    func policies(_ scope: PolicyScope) -> [AnyManagedPolicy] {
        let own = scope == .aws ? [] : state.all(ManagedPolicy.self, in: account).map { AnyManagedPolicy.local($0) }
        return own + (scope == .local ? [] : AWSManagedPolicies.arns.map { .aws($0) })
    }
}

extension AnyManagedPolicy {
    /// The account's own come first; within them, names differ.
    fileprivate var order: String {
        switch self {
        case .local: "local \(name.lowercased())"
        case .aws: "of aws \(name)"
        }
    }
}
