// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// The tags of an identity, configuration set, template or pool.
struct ListTagsForResource: Operation {
    static let route = Route.rest("GET", "/v2/email/tags")

    struct Input: Decodable { var resourceArn: String }
    struct Output: Encodable { let tags: [WireTag] }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (_, tags) = try await services.tagged(input.resourceArn, Self.name, [:], try Caller(context))
        return Output(tags: [WireTag](tags))
    }
}

/// Adds tags, or gives those that are there new values.
struct TagResource: Operation {
    static let route = Route.rest("POST", "/v2/email/tags")

    struct Input: Decodable {
        var resourceArn: String
        var tags: [WireTag]
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let more = try SESv2Services.checked(input.tags)
        let (resource, _) = try await services.tagged(
            input.resourceArn, Self.name, ResourceTags.context(asked: more), caller)
        try await services.changeTags(of: resource, Self.name, caller) { tags in
            tags = try ResourceTags.merged(tags, with: more)
        }
        return Empty()
    }
}

/// Takes tags away; those that are not there are no fault.
struct UntagResource: Operation {
    static let route = Route.rest("DELETE", "/v2/email/tags")

    struct Input: Decodable {
        var resourceArn: String
        var tagKeys: Keys
    }

    /// A parameter that stands once, or several times.
    struct Keys: Decodable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let name = try? container.decode(String.self) {
                names = [name]
            } else {
                names = try container.decode([String].self)
            }
        }
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let names = input.tagKeys.names
        let (resource, _) = try await services.tagged(input.resourceArn, Self.name, ["aws:TagKeys": names], caller)
        try await services.changeTags(of: resource, Self.name, caller) { tags in
            for name in names { tags[name] = nil }
        }
        return Empty()
    }
}

/// What can have tags.
enum TaggedResource: Sendable {
    case identity(IdentityName)
    case configurationSet(String)
    case template(String)
    case verificationTemplate(String)
    case pool(String)

    /// - Parameter path: an ARN's last part: `identity/example.com`.
    init?(_ path: Substring) {
        let halves = path.split(separator: "/", maxSplits: 1).map(String.init)
        guard halves.count == 2 else { return nil }
        switch halves[0] {
        case "identity":
            guard let name = try? IdentityName(parsing: halves[1]) else { return nil }
            self = .identity(name)
        case ConfigurationSet.kind: self = .configurationSet(halves[1])
        case EmailTemplate.kind: self = .template(halves[1])
        case VerificationTemplate.kind: self = .verificationTemplate(halves[1])
        case DedicatedIPPool.kind: self = .pool(halves[1])
        default: return nil
        }
    }

    /// In SES's own words.
    var missing: ServiceError {
        let (kind, name) =
            switch self {
            case .identity(let name): ("EmailIdentity", name.description)
            case .configurationSet(let name): ("ConfigurationSet", name)
            case .template(let name): ("Template", name)
            case .verificationTemplate(let name): ("CustomVerificationEmailTemplate", name)
            case .pool(let name): ("DedicatedIpPool", name)
            }
        return ServiceError("NotFoundException", "No \(kind) present with name: \(name.prefix(320))", status: 404)
    }
}

extension SESv2Services {
    /// What an ARN names, and its tags, for whoever may. Things of other accounts and regions are not there.
    fileprivate func tagged(
        _ arn: String, _ operation: String, _ asked: [String: [String]], _ caller: Caller
    ) async throws -> (TaggedResource, [String: String]) {
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0] == "arn", fields[1] == "aws", fields[2] == "ses",
            let resource = TaggedResource(fields[5])
        else { throw ServiceError("BadRequestException", "Provided resource identifier is not an SES resource") }
        // Terraform leaves the account out where it may not ask for it (`skip_requesting_account_id`).
        let account = fields[4].isEmpty ? caller.account.description : String(fields[4])
        let isOurs = fields[3] == identities.region && account == caller.account.description
        let tags = isOurs ? try await tags(of: resource, in: caller.account) : nil
        let asks = (fields[..<4].map(String.init) + [account, String(fields[5])]).joined(separator: ":")
        try require(operation, on: asks, tags: tags, asked: asked, as: caller)
        guard let tags else { throw resource.missing }
        return (resource, tags)
    }

    private func tags(of resource: TaggedResource, in account: AccountID) async throws -> [String: String]? {
        switch resource {
        case .identity(let name): try await identities.identity(name, in: account)?.tags
        case .configurationSet(let name): try await configurationSets.find(name, in: account)?.tags
        case .template(let name): try await templates.find(name, in: account)?.tags
        case .verificationTemplate(let name): try await verification.templates.find(name, in: account)?.tags
        case .pool(let name): (try? addresses.findPool(name, in: account))?.tags
        }
    }

    fileprivate func changeTags(
        of resource: TaggedResource, _ operation: String, _ caller: Caller,
        _ body: @escaping @Sendable (inout [String: String]) throws -> Void
    ) async throws {
        do {
            switch resource {
            case .identity(let name):
                try await identities.changeTags(of: name, operation: operation, by: caller, body)
            case .configurationSet(let name):
                try await configurationSets.changeTags(of: name, operation: operation, by: caller, body)
            case .template(let name): try await templates.changeTags(of: name, operation: operation, by: caller, body)
            case .verificationTemplate(let name):
                try await verification.templates.changeTags(of: name, operation: operation, by: caller, body)
            case .pool(let name):
                try await addresses.changePoolTags(of: name, operation: operation, by: caller, body)
            }
        } catch IdentityFailure.notFound, RecordFailure.notFound {
            throw resource.missing
        } catch {
            throw ServiceError(record: error)
        }
    }
}
