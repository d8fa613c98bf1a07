// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access

/// Becomes a role for a while.
struct AssumeRole: Operation {
    static let route = Route.query(service: "sts")

    struct PolicyARN: Decodable { var arn: String }
    struct TagInput: Decodable {
        var key: String
        var value: String
    }
    struct Input: Decodable {
        var roleArn: String
        var roleSessionName: String
        var durationSeconds: Number?
        var externalId: String?
        var serialNumber: String?
        var tokenCode: String?
        var policy: String?
        var policyArns: [PolicyARN]?
        var tags: [TagInput]?
        // Not honoured yet, and so refused: who asks for these relies on them.
        var transitiveTagKeys: [String]?
        var sourceIdentity: String?
        var providedContexts: [ProvidedContext]?
    }
    struct ProvidedContext: Decodable { var providerArn: String? }

    struct AssumedRoleUser: Encodable {
        let arn: String
        let assumedRoleId: String
    }
    struct Output: Encodable {
        let credentials: CredentialsOutput
        let assumedRoleUser: AssumedRoleUser
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        guard input.transitiveTagKeys ?? [] == [], input.sourceIdentity == nil, input.providedContexts?.isEmpty ?? true
        else {
            throw ServiceError(
                "ValidationError",
                "TransitiveTagKeys, SourceIdentity and ProvidedContexts are not available in this version of Postern.")
        }
        var asked = RoleRequest(role: input.roleArn, sessionName: input.roleSessionName)
        asked.duration = input.durationSeconds?.value
        asked.externalID = input.externalId
        asked.device = input.serialNumber
        asked.code = input.tokenCode
        asked.policy = input.policy
        asked.policyARNs = (input.policyArns ?? []).map(\.arn)
        asked.tags = (input.tags ?? []).map { Tag(key: $0.key, value: $0.value) }
        do {
            let (credentials, principal) = try await access.assumeRole(asked, as: try Caller(context))
            return Output(
                credentials: CredentialsOutput(credentials),
                assumedRoleUser: AssumedRoleUser(arn: principal.arn, assumedRoleId: principal.userID))
        } catch {
            throw try ServiceError(sts: error)
        }
    }
}
