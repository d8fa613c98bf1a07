// SPDX-License-Identifier: Apache-2.0

import Mail
import PolicyLanguage

/// The operator's limits on callers, whatever they ask for, and what has become of their credentials.
extension AccessControl {
    /// Why this caller may not do this, whatever any policy says.
    package func limit(on caller: Caller, _ action: String, _ resource: String) -> AccessDenial? {
        let state = directory.state
        guard let refusal = refusal(of: caller, action, resource, state) else { return nil }
        return AccessDenial(
            principal: caller.principal.arn, action: action, resource: resource, control: refusal.guardrail,
            because: refusal.reason)
    }

    private func refusal(
        of caller: Caller, _ action: String, _ resource: String, _ state: AccessState
    ) -> Guardrails.Refusal? {
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
        if let maximum = guardrails.maximumKeyAge, let key = originKey(of: caller.accessKeyID, caller.principal, state),
            let refusal = ageRefusal(of: key, maximum)
        {
            return refusal
        }
        return sessionRefusal(of: caller.principal, action) ?? mfaRefusal(of: caller, action, resource, state)
    }

    // MARK: Credentials that once were good

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
        guard let id = principal.session?.origin ?? accessKeyID, !id.isEmpty, id != root.id else { return nil }
        guard let key = originKey(of: accessKeyID, principal, state), key.isActive else {
            return principal.session == nil
                ? "the access key \(id) is not active any more"
                : "the access key \(id), with which the session was begun, is not active any more"
        }
        return nil
    }

    /// The long-term key behind a caller: of a session, the one it began with. The root key is none of these.
    private func originKey(of accessKeyID: String?, _ principal: Principal, _ state: AccessState) -> UserKey? {
        guard let id = principal.session?.origin ?? accessKeyID, id != root.id else { return nil }
        if let key = state.find(UserKey.self, id, in: principal.account) { return key }
        guard principal.session != nil else { return nil }
        // A role of another account was assumed.
        return accounts(state).lazy.compactMap { state.find(UserKey.self, id, in: $0) }.first
    }

    func ageRefusal(of key: UserKey, _ maximum: Double) -> Guardrails.Refusal? {
        guard directory.now() - key.createdAt > maximum else { return nil }
        return .init(
            guardrail: "maximum-credential-age",
            reason:
                "guardrail maximum-credential-age: access key \(key.id) is older than \(Int(maximum / 86_400)) days; "
                + "create a new one and delete it")
    }

    // MARK: MFA

    // "You cannot call any IAM API operations unless MFA authentication information is included in the request. You
    // cannot call any STS API except AssumeRole or GetCallerIdentity" (GetSessionToken, STS API reference).
    private func sessionRefusal(of principal: Principal, _ action: String) -> Guardrails.Refusal? {
        guard let session = principal.session, !session.isMFA else { return nil }
        if case .role = principal.kind { return nil }
        let asked = action.lowercased()
        guard asked.hasPrefix("iam:") || (asked.hasPrefix("sts:") && asked != "sts:assumerole") else { return nil }
        return .init(
            guardrail: "iam",
            reason: "credentials of GetSessionToken call IAM and STS only when they were made with an MFA code")
    }

    private func mfaRefusal(
        of caller: Caller, _ action: String, _ resource: String, _ state: AccessState
    ) -> Guardrails.Refusal? {
        guard guardrails.requiresMFA, Administration.contains(action), caller.door != .trusted else { return nil }
        if caller.principal.session?.isMFA == true { return nil }
        if isEnrolling(caller.principal, action, resource, state) { return nil }
        return .init(
            guardrail: "require-mfa-for-administration",
            reason: "guardrail require-mfa-for-administration: \(action) needs credentials made with an MFA code; "
                + "call sts:GetSessionToken or sts:AssumeRole with SerialNumber and TokenCode")
    }

    /// Whoever has no device may come by one, for nobody but themselves.
    private func isEnrolling(
        _ principal: Principal, _ action: String, _ resource: String, _ state: AccessState
    ) -> Bool {
        let holder: String
        switch principal.kind {
        case .root: holder = ""
        case .user(let name, _, _): holder = name.lowercased()
        case .role: return false
        }
        guard state.devices(of: holder, in: principal.account).isEmpty else { return false }
        switch action.lowercased() {
        case "iam:createvirtualmfadevice": return true
        case "iam:enablemfadevice": return resource == principal.arn
        default: return false
        }
    }
}
