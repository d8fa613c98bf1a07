// SPDX-License-Identifier: Apache-2.0

import Journal
package import Mail
import PolicyLanguage

/// What somebody asks for who wants to become a role ("AssumeRole", STS API reference).
package struct RoleRequest: Sendable {
    package var role: String
    package var sessionName: String
    /// Seconds; nil is an hour.
    package var duration: Int?
    package var externalID: String?
    package var device: String?
    package var code: String?
    package var policy: String?
    package var policyARNs: [String] = []
    package var tags: [Tag] = []

    package init(role: String, sessionName: String) {
        self.role = role
        self.sessionName = sessionName
    }
}

extension AccessControl {
    /// Becomes a role, when its trust policy and the caller's own policies say so.
    /// - Throws: `AccessFailure`, `AccessDenial`.
    package func assumeRole(
        _ asked: RoleRequest, as caller: Caller
    ) async throws -> (TemporaryCredentials, Principal) {
        let state = directory.state
        if let denial = limit(on: caller, "sts:AssumeRole", asked.role) { throw denial }
        let role = try role(asked.role, state)
        try Self.requireSessionName(asked.sessionName)
        try IAMRules.tags(asked.tags)
        guard let role, let trust = library.policy(role.trust, as: .trust) else {
            throw denial(of: "sts:AssumeRole", on: asked.role, by: caller)
        }
        let moment = directory.now()
        let mfaAt = try await verify(asked.device, asked.code, of: caller.principal) ? moment : inheritedMFA(of: caller)
        try requireTrust(trust, role, asked, mfaAt, caller)
        // Not before trust: the answer would tell strangers which roles exist.
        let isChained: Bool = if case .role = caller.principal.kind { true } else { false }
        let duration = try Self.duration(asked.duration ?? 3_600, maximum: isChained ? 3_600 : role.maximumSession)
        let policies = try sessionPolicies(asked, state, role.account)
        let principal = Principal(
            account: role.account,
            kind: .role(name: role.name, path: role.path, id: role.id, session: asked.sessionName),
            session: SessionFacts(
                issuedAt: moment, expiresAt: moment + Double(duration), mfaAt: mfaAt, origin: Self.origin(of: caller),
                policies: policies, tags: asked.tags))
        guard let facts = principal.session else { throw denial(of: "sts:AssumeRole", on: asked.role, by: caller) }
        try await directory.record(administered("AssumeRole", role.arn, by: caller))
        return (try makeSession(principal, facts), principal)
    }

    /// Temporary credentials for a user, with MFA where a code is given ("GetSessionToken", STS API reference).
    package func sessionToken(
        duration asked: Int?, device: String?, code: String?, as caller: Caller
    ) async throws -> TemporaryCredentials {
        guard caller.principal.session == nil else {
            throw AccessFailure.accessDenied("Cannot call GetSessionToken with session credentials")
        }
        if let denial = limit(on: caller, "sts:GetSessionToken", caller.principal.arn) { throw denial }
        let isRoot = caller.principal.kind == .root
        let duration = try Self.duration(asked ?? (isRoot ? 3_600 : 43_200), maximum: isRoot ? 3_600 : 129_600)
        let isMFA = try await verify(device, code, of: caller.principal)
        let moment = directory.now()
        let facts = SessionFacts(
            issuedAt: moment, expiresAt: moment + Double(duration), mfaAt: isMFA ? moment : nil,
            origin: Self.origin(of: caller))
        try await directory.record(administered("GetSessionToken", caller.principal.arn, by: caller))
        return try makeSession(Principal(account: caller.account, kind: caller.principal.kind, session: facts), facts)
    }

    /// Seconds for which one code counts along a chain of roles: as long as the longest session that it could open.
    private static let longestMFA = 129_600.0

    private func inheritedMFA(of caller: Caller) -> Timestamp? {
        caller.principal.session?.mfaAt.flatMap { directory.now() - $0 <= Self.longestMFA ? $0 : nil }
    }

    /// Empty for a trusted listener, which has no key.
    private static func origin(of caller: Caller) -> String {
        caller.principal.session?.origin ?? caller.accessKeyID ?? ""
    }

    private func administered(_ operation: String, _ resource: String, by caller: Caller) -> Fact {
        Fact(operation, on: resource, by: caller, at: directory.now())
    }

    private func role(_ arn: String, _ state: AccessState) throws -> Role? {
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 6, fields[2] == "iam", fields[5].hasPrefix("role/"), let account = AccountID(fields[4]),
            let name = fields[5].split(separator: "/").last
        else { throw AccessFailure.invalidInput("\(arn) is invalid") }
        let role = state.find(Role.self, name.lowercased(), in: account)
        return role?.arn == arn ? role : nil
    }

    private func requireTrust(
        _ trust: Policy, _ role: Role, _ asked: RoleRequest, _ mfaAt: Timestamp?, _ caller: Caller
    ) throws {
        var context: [String: [String]] = ["sts:RoleSessionName": [asked.sessionName]]
        if let id = asked.externalID { context["sts:ExternalId"] = [id] }
        if let mfaAt {
            context["aws:MultiFactorAuthPresent"] = ["true"]
            context["aws:MultiFactorAuthAge"] = ["\(Int(directory.now() - mfaAt))"]
        }
        for tag in role.tags { context["aws:ResourceTag/\(tag.key)"] = [tag.value] }
        for tag in asked.tags { context["aws:RequestTag/\(tag.key)"] = [tag.value] }
        context["aws:TagKeys"] = asked.tags.map(\.key)
        let resource = AccessRequest.Resource(
            role.arn, owner: role.account, policies: [NamedPolicy(name: "trust policy of \(role.name)", policy: trust)])
        for action in ["sts:AssumeRole"] + (asked.tags.isEmpty ? [] : ["sts:TagSession"]) {
            let request = AccessRequest(caller: caller, action: action, resources: [resource], context: context)
            // Across accounts or within, a role is nobody's whom its trust policy does not name.
            if case .denied(let denial) = authorize(request) { throw denial }
            let principal = caller.principal.inPolicies
            var whole = self.context(of: caller, directory.state)
            whole.merge(PolicyContext(context))
            let asks = PolicyRequest(
                principal: principal, action: action, resource: role.arn, resourceAccount: "", context: whole)
            guard PolicySet(resource: resource.policies).names(asks) else {
                throw self.denial(of: action, on: role.arn, by: caller)
            }
        }
    }

    private func denial(of action: String, on resource: String, by caller: Caller) -> AccessDenial {
        AccessDenial(
            principal: caller.principal.arn, action: action, resource: resource,
            because: "no trust policy of such a role allows it")
    }

    private func sessionPolicies(_ asked: RoleRequest, _ state: AccessState, _ account: AccountID) throws -> [String]? {
        guard asked.policy != nil || !asked.policyARNs.isEmpty else { return nil }
        guard asked.policyARNs.count <= 10 else { throw AccessFailure.limitExceeded("At most 10 session policies.") }
        var texts: [String] = []
        if let policy = asked.policy {
            try IAMRules.document(policy, as: .identity, maximum: 2_048)
            texts.append(policy)
        }
        for arn in asked.policyARNs {
            guard
                let text = AWSManagedPolicies.document(arn)
                    ?? state.find(ManagedPolicy.self, arn, in: account)?.document
            else { throw AccessFailure.noSuchEntity("Policy \(arn) does not exist or is not attachable.") }
            texts.append(text)
        }
        return texts
    }

    /// - Returns: false when no device was named.
    private func verify(_ serial: String?, _ code: String?, of principal: Principal) async throws -> Bool {
        guard let serial else {
            guard code == nil else { throw AccessFailure.invalidInput("TokenCode needs SerialNumber.") }
            return false
        }
        let failure = AccessFailure.accessDenied(
            "MultiFactorAuthentication failed with invalid MFA one time pass code.")
        let user: String
        switch principal.kind {
        case .root: user = ""
        case .user(let name, _, _): user = name.lowercased()
        case .role: throw failure
        }
        // Only the device's own user can use up its attempts.
        guard directory.state.find(MFADevice.self, serial, in: principal.account)?.user == user else { throw failure }
        let subject = FailedLogins.Subject.device(serial, principal.account)
        let moment = directory.now()
        guard failures.lock([subject], at: moment) == nil else { throw failure }
        do {
            let sealer = sealer
            try await directory.change(nil) { state in
                guard var device = state.find(MFADevice.self, serial, in: principal.account), device.user == user,
                    let seed = try? sealer.open(device.sealed, for: Self.devicePurpose),
                    let step = TOTP.step(
                        of: code ?? "", seed: seed, at: moment + Double((device.drift ?? 0) * TOTP.period),
                        after: device.lastStep)
                else { throw failure }
                device.lastStep = step
                state.put(device)
            }
        } catch let error as AccessFailure {
            failures.failed([subject], at: moment)
            throw error
        }
        failures.succeeded([subject], at: moment)
        return true
    }

    private static func duration(_ seconds: Int, maximum: Int) throws(AccessFailure) -> Int {
        guard seconds >= 900 else { throw .invalidInput("DurationSeconds must be 900 at least.") }
        guard seconds <= maximum else {
            throw .invalidInput("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        }
        return seconds
    }

    private static func requireSessionName(_ name: String) throws(AccessFailure) {
        let isPlain = name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "_+=,.@-".utf8.contains($0)
        }
        guard (2...64).contains(name.utf8.count), isPlain else {
            throw .invalidInput(
                "1 validation error detected: Value '\(name.prefix(64))' at 'roleSessionName' failed to satisfy "
                    + "constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*")
        }
    }

    /// The account an access key belongs to; nil for a key nobody has.
    package func account(ofKey id: String) -> AccountID? { id == root.id ? managementAccount : key(id)?.0.account }
}
