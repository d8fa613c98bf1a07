// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Mail
package import PolicyLanguage

/// Who somebody is and whether they may: the only room that knows secrets of callers, and the only one that decides.
package struct AccessControl: Sendable {
    package let region: String
    package let managementAccount: AccountID
    package let guardrails: Guardrails
    package let directory: AccessDirectory
    package let sealer: SecretSealer
    let root: AccessKey
    let library = PolicyLibrary()
    let secrets = OpenedSecrets()
    let failures = FailedLogins()

    package init(
        region: String, root: AccessKey, directory: AccessDirectory, sealer: SecretSealer,
        guardrails: Guardrails = Guardrails()
    ) {
        self.region = region
        managementAccount = directory.managementAccount
        self.root = root
        self.directory = directory
        self.sealer = sealer
        self.guardrails = guardrails
    }

    /// The root user of the management account, as whom a trusted listener may be set up.
    package var rootPrincipal: Principal { Principal(account: managementAccount, kind: .root) }

    /// The one question everybody asks before anything is done: first the operator's limits, then the policies.
    package func authorize(_ request: AccessRequest) -> AccessDecision {
        let state = directory.state
        let caller = request.caller
        func denied(_ resource: String, _ control: String, _ why: String) -> AccessDecision {
            .denied(
                AccessDenial(
                    principal: caller.principal.arn, action: request.action, resource: resource, control: control,
                    because: why))
        }
        if let refusal = refusal(of: caller, action: request.action, state) {
            return denied(request.resources.first?.arn ?? "*", refusal.guardrail, refusal.reason)
        }
        guard var policies = library.policies(of: caller.principal, in: state, organization: managementAccount) else {
            return denied(request.resources.first?.arn ?? "*", "iam", "the principal does not exist any more")
        }
        var context = PolicyContext(lowercased: context(of: caller, state))
        context.merge(PolicyContext(request.context))
        for resource in request.resources {
            policies.resource = resource.policies
            let asked = PolicyRequest(
                principal: caller.principal.inPolicies, action: request.action, resource: resource.arn,
                resourceAccount: (resource.owner ?? Self.owner(of: resource.arn) ?? caller.account).description,
                context: context)
            var narrowed = library.policies(
                of: caller.principal, for: request.action, on: resource.arn, in: state, organization: managementAccount)
            narrowed?.resource = resource.policies
            if case .allowed = narrowed?.verdict(on: asked) { continue }
            let why = policies.decide(asked).explanation(of: asked)
            return denied(resource.arn, "iam", String(why.drop { $0 != " " }.dropFirst()))
        }
        return .allowed
    }

    private static func owner(of arn: String) -> AccountID? {
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return fields.count == 6 ? AccountID(String(fields[4])) : nil
    }

    // MARK: The operator's limits on callers

    private func refusal(of caller: Caller, action: String, _ state: AccessState) -> Guardrails.Refusal? {
        if let gone = revocation(of: caller.accessKeyID, caller.principal, state) {
            return .init(guardrail: "credentials", reason: gone)
        }
        if let minimum = guardrails.minimumTLS, (caller.tls?.version ?? "") < minimum {
            return .init(
                guardrail: "require-tls",
                reason: "guardrail require-tls: the connection is not protected by \(minimum) or better")
        }
        let networks = guardrails.sourceNetworks
        if !networks.isEmpty, !networks.contains(where: { $0.contains(caller.sourceAddress) }) {
            return .init(
                guardrail: "source-networks",
                reason: "guardrail source-networks: \(caller.sourceAddress) is outside the networks allowed")
        }
        if let refusal = ageRefusal(of: caller, state) { return refusal }
        return mfaRefusal(of: caller, action, state)
    }

    /// Why credentials that once were good are so no more.
    package func revocation(of accessKeyID: String?, _ principal: Principal) -> String? {
        revocation(of: accessKeyID, principal, directory.state)
    }

    private func revocation(of accessKeyID: String?, _ principal: Principal, _ state: AccessState) -> String? {
        if let status = state.find(MemberAccount.self, principal.account.description, in: managementAccount)?.status,
            status != .active
        {
            return "the account \(principal.account) is suspended"
        }
        if let session = principal.session, session.expiresAt <= directory.now() {
            return "the session's credentials have expired"
        }
        guard let id = accessKeyID, id.hasPrefix("AKIA"), id != root.id else { return nil }
        guard let key = state.find(UserKey.self, id, in: principal.account), key.isActive else {
            return "the access key \(id) is not active any more"
        }
        return nil
    }

    private func ageRefusal(of caller: Caller, _ state: AccessState) -> Guardrails.Refusal? {
        guard let maximum = guardrails.maximumKeyAge, let id = caller.accessKeyID,
            let key = state.find(UserKey.self, id, in: caller.account)
        else { return nil }
        return ageRefusal(of: key, maximum)
    }

    func ageRefusal(of key: UserKey, _ maximum: Double) -> Guardrails.Refusal? {
        guard directory.now() - key.createdAt > maximum else { return nil }
        return .init(
            guardrail: "maximum-credential-age",
            reason:
                "guardrail maximum-credential-age: access key \(key.id) is older than \(Int(maximum / 86_400)) days; "
                + "create a new one and delete it")
    }

    private func mfaRefusal(of caller: Caller, _ action: String, _ state: AccessState) -> Guardrails.Refusal? {
        guard guardrails.requiresMFA, Administration.contains(action), caller.door != .trusted else { return nil }
        if caller.principal.session?.isMFA == true { return nil }
        // What an identity provider says of MFA comes as a tag of the session; a role's own tags prove nothing.
        let proof = caller.principal.session?.tags.first {
            $0.key.lowercased() == "multifactorauthpresent" || $0.key.lowercased() == "mfa"
        }
        if proof?.value.lowercased() == "true" { return nil }
        if Administration.enrolment.contains(action.lowercased()) { return nil }
        return .init(
            guardrail: "require-mfa-for-administration",
            reason: "guardrail require-mfa-for-administration: \(action) needs credentials made with an MFA code; "
                + "call sts:GetSessionToken or sts:AssumeRole with SerialNumber and TokenCode")
    }
}

extension Principal {
    /// As policies name it.
    package var inPolicies: PolicyPrincipal {
        let kind: PolicyPrincipal.Kind =
            switch kind {
            case .root: .root
            case .user: .user
            case .role: .roleSession
            }
        return PolicyPrincipal(account: account.description, kind: kind, arn: arn, role: roleARN)
    }
}

/// A long-term access key.
package struct AccessKey: Hashable, Sendable {
    package let id: String
    package let secret: SecretBytes

    package init(id: String, secret: SecretBytes) {
        self.id = id
        self.secret = secret
    }
}

func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    // Comparing keyed digests takes the same time whatever the lengths and contents.
    let key = SymmetricKey(size: .bits256)
    return HMAC<SHA256>.isValidAuthenticationCode(
        Array(HMAC<SHA256>.authenticationCode(for: left, using: key)), authenticating: right, using: key)
}
