// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import PolicyLanguage
import Sending

/// One decision with its reasons, as the doors would make it.
struct ExplainAccess: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input: Decodable {
        /// A user or role; a group for its policies alone.
        var principal: String
        var action: String
        var resource: String?
        var context: [ContextValue]?
    }
    struct ContextValue: Decodable {
        var key: String
        var values: [String]
    }
    struct Output: Encodable {
        let decision: String
        let explanation: String
        let statement: String?
        let policy: String?
        let missingKeys: [String]
    }

    /// Octets of a name or value, and values in all.
    private static let maximumLength = 2_048
    private static let maximumValues = 200

    let access: AccessControl
    /// Nil where policies on identities cannot be read; they are left out of the decision then.
    var identities: IdentityDirectory?

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        var (policies, principal) = try access.source(input.principal, asked: Self.name, by: try Caller(context))
        let resource = input.resource ?? "*"
        let given = (input.context ?? []).flatMap { [$0.key] + $0.values }
        guard given.count <= Self.maximumValues,
            ([input.action, resource] + given).allSatisfy({ $0.utf8.count <= Self.maximumLength })
        else { throw ServiceError("ValidationException", "The request is too large.") }
        var keys = PolicyContext(access.principalContext(principal))
        for value in input.context ?? [] { keys[value.key] = value.values }
        policies.resource = try await access.policies(on: resource, identities)
        let request = PolicyRequest(
            principal: principal, action: input.action, resource: resource,
            resourceAccount: Self.owner(of: resource) ?? principal.account, context: keys)
        let decision = policies.decide(request)
        let (word, reference): (String, StatementReference?) =
            switch decision.verdict {
            case .allowed(let reference): ("allowed", reference)
            case .explicitlyDenied(let reference): ("explicitDeny", reference)
            case .implicitlyDenied: ("implicitDeny", nil)
            }
        return Output(
            decision: word, explanation: decision.explanation(of: request), statement: reference?.statement.name,
            policy: reference?.policy, missingKeys: decision.missingKeys)
    }

    private static func owner(of arn: String) -> String? {
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return fields.count == 6 ? AccountID(String(fields[4]))?.description : nil
    }
}

/// Whether any send that somebody's policies allow breaks a property.
struct ProveAccess: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input {
        var principal: String
        var property: SendProperty
        /// Whether Postern's own checks of addresses count; true where nothing is said.
        var guarded: Bool
    }
    struct Output: Encodable {
        let verdict: String
        let demand: String?
        let action: String?
        let resource: String?
        let context: WireMap<[String]>?
        let statement: String?
        let policy: String?
        let reason: String?
        /// What the verdict speaks of.
        let covers: String

        init(_ proof: Proof, covers: String) {
            self.covers = covers
            var request: PolicyRequest?
            var reference: StatementReference?
            switch proof {
            case .holds: (verdict, demand, reason) = ("holds", nil, nil)
            case .undecided(let why): (verdict, demand, reason) = ("undecided", nil, why)
            case .broken(let what, let found, let by):
                (verdict, demand, reason) = ("broken", what, nil)
                (request, reference) = (found, by)
            }
            action = request?.action
            resource = request?.resource
            context = request.map { request in WireMap(request.context.names.map { ($0, request.context[$0]) }) }
            statement = reference?.statement.name
            policy = reference?.policy
        }
    }

    /// Identities looked through, of all accounts.
    private static let maximumIdentities = 50_000

    let access: AccessControl
    /// Nil where policies on identities cannot be read; every verdict says so then.
    var identities: IdentityDirectory?

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (policies, principal) = try access.source(input.principal, asked: Self.name, by: try Caller(context))
        do {
            try input.property.check()
        } catch {
            throw ServiceError("ValidationException", error.description)
        }
        let resources = principal.isGroup ? nil : try await resourcePolicies()
        let prover = Prover(
            policies, principal: principal, known: access.certainKeys(of: principal), resources: resources,
            guarded: input.guarded)
        // Pure computing, which others need not wait for.
        let work = Task.detached(priority: .utility) { prover.prove(input.property) }
        let proof = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        return Output(proof, covers: covers(principal, resources))
    }

    private func covers(_ principal: PolicyPrincipal, _ resources: [ResourcePolicies]?) -> String {
        if principal.isGroup { return "the group's own policies; not its users' others, nor policies on identities" }
        guard let resources else {
            return "policies of the principal and of its organisation; not policies on identities, which may allow more"
        }
        return "all policies in force: the principal's, its organisation's, and those on \(resources.count) identities"
    }

    /// What owners of identities put on them, in every account of this server.
    private func resourcePolicies() async throws -> [ResourcePolicies]? {
        guard let identities else { return nil }
        let members = access.directory.state.all(MemberAccount.self, in: access.managementAccount).map(\.id)
        var found: [ResourcePolicies] = []
        var count = 0
        for account in Set(members + [access.managementAccount]).sorted(by: { $0.description < $1.description }) {
            var last: String?
            repeat {
                let page = try await identities.identities(in: account, after: last, limit: 1_000)
                count += page.count
                guard count <= Self.maximumIdentities else {
                    throw ServiceError("LimitExceededException", "There are too many identities to prove anything.")
                }
                found += page.filter { !$0.policies.isEmpty }.map { identity in
                    ResourcePolicies(
                        arn: identities.arn(of: identity.name, in: account), policies: access.policies(of: identity))
                }
                last = page.last?.name.description
            } while last != nil
        }
        return found
    }
}

extension ProveAccess.Input: Decodable {
    private enum CodingKeys: String, CodingKey {
        case principal, recipients, senders, sources, tls, mfa, guarded
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// A demand whose name is misspelt would be none, and its proof worth nothing.
    init(from decoder: any Decoder) throws {
        for key in try decoder.container(keyedBy: AnyKey.self).allKeys
        where CodingKeys(stringValue: key.stringValue) == nil {
            throw ServiceError("ValidationException", "Unknown member '\(key.stringValue.prefix(100))'.")
        }
        let members = try decoder.container(keyedBy: CodingKeys.self)
        principal = try members.decode(String.self, forKey: .principal)
        guarded = try members.decodeIfPresent(Bool.self, forKey: .guarded) ?? true
        property = SendProperty()
        property.recipients = try members.decodeIfPresent([String].self, forKey: .recipients)
        property.senders = try members.decodeIfPresent([String].self, forKey: .senders)
        property.sources = try members.decodeIfPresent([String].self, forKey: .sources)
        property.requiresTLS = try members.decodeIfPresent(Bool.self, forKey: .tls) ?? false
        property.requiresMFA = try members.decodeIfPresent(Bool.self, forKey: .mfa) ?? false
    }
}

extension AccessControl {
    /// Somebody whom the caller may ask about: of the caller's own account, or of any for the management account.
    fileprivate func source(
        _ arn: String, asked operation: String, by caller: Caller
    ) throws -> (PolicySet, PolicyPrincipal) {
        guard (1...2_048).contains(arn.utf8.count) else {
            throw ServiceError("ValidationException", "Principal has 1 to 2048 bytes.")
        }
        // The caller's account owns the question, whoever is asked about.
        try require(
            "postern:\(operation)", on: .init(arn, owner: caller.account), as: caller, code: "AccessDeniedException")
        let account = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).dropFirst(4).first
        guard caller.account == managementAccount || account.map(String.init) == caller.account.description,
            let found = try? policies(ofSource: arn)
        else {
            throw ServiceError(
                "NotFoundException", "No user, role or group has the ARN \(arn.prefix(300)).", status: 404)
        }
        return found
    }

    /// What stands on an identity of this server; nothing on any other thing.
    fileprivate func policies(on arn: String, _ identities: IdentityDirectory?) async throws -> [NamedPolicy] {
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard let identities, fields.count == 6, let account = AccountID(fields[4]), fields[5].hasPrefix("identity/"),
            let name = try? IdentityName(parsing: String(fields[5].dropFirst("identity/".count))),
            identities.arn(of: name, in: account) == arn,
            let identity = try await identities.identity(name, in: account)
        else { return [] }
        return policies(of: identity)
    }

    fileprivate func policies(of identity: Identity) -> [NamedPolicy] {
        identity.policies.sorted { $0.key < $1.key }.map { name, text in
            named("\(name) on \(identity.name)", text, as: .resource)
        }
    }
}
