// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// Adds a version to a managed policy.
struct CreatePolicyVersion: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var policyDocument: String
        var setAsDefault: Flag?
    }
    struct Output: Encodable {
        let policyVersion: VersionOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .policy(input.policyArn), access, context)
        let (arn, document, isDefault) = (input.policyArn, input.policyDocument, input.setAsDefault?.value ?? false)
        let version = try await call.change {
            try $0.createVersion(of: arn, document: document, isDefault: isDefault, in: call.account, at: call.now)
        }
        return Output(policyVersion: VersionOutput(version, isDefault: isDefault, withDocument: false))
    }
}

/// One version of a managed policy, with its document.
struct GetPolicyVersion: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var versionId: String
    }
    struct Output: Encodable {
        let policyVersion: VersionOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .policy(input.policyArn), access, context)
        let policy = try call.read { try AnyManagedPolicy(input.policyArn, in: call.account, $0) }
        guard let version = policy.versions.first(where: { $0.id == input.versionId }) else {
            throw ServiceError(
                .noSuchEntity("Policy \(policy.arn) version \(input.versionId.prefix(32)) does not exist."))
        }
        let isDefault = version.id == policy.defaultVersion
        return Output(policyVersion: VersionOutput(version, isDefault: isDefault, withDocument: true))
    }
}

/// The versions of a managed policy, newest first.
struct ListPolicyVersions: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let versions: [VersionOutput]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .policy(input.policyArn), access, context)
        let policy = try call.read { try AnyManagedPolicy(input.policyArn, in: call.account, $0) }
        let page = try Page(
            policy.versions, by: { newestFirst($0.id) }, marker: input.marker, maxItems: input.maxItems)
        return Output(
            versions: page.elements.map {
                VersionOutput($0, isDefault: $0.id == policy.defaultVersion, withDocument: false)
            }, isTruncated: page.isTruncated, marker: page.marker)
    }

    // `v12` before `v9`: the distance to a number that no policy reaches, of ten digits.
    private func newestFirst(_ version: String) -> String { "\(9_999_999_999 - (Int(version.dropFirst()) ?? 0))" }
}

/// Puts another version in force.
struct SetDefaultPolicyVersion: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var versionId: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: .policy(input.policyArn), access, context)
        let (arn, version) = (input.policyArn, input.versionId)
        try await call.change { try $0.setDefaultVersion(version, of: arn, in: call.account, at: call.now) }
        return Empty()
    }
}

/// Deletes a version that is not in force.
struct DeletePolicyVersion: Operation {
    static let route = iam

    struct Input: Decodable {
        var policyArn: String
        var versionId: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: .policy(input.policyArn), access, context)
        let (arn, version) = (input.policyArn, input.versionId)
        try await call.change { try $0.deleteVersion(version, of: arn, in: call.account) }
        return Empty()
    }
}
