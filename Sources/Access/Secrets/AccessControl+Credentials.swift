// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Mail

/// A key that may sign, with who holds it.
package enum Credential: Sendable {
    case found(secret: SecretBytes, principal: Principal)
    case unknown
    case expired
    /// The secret cannot be opened: our trouble, not the caller's.
    case unavailable
}

/// What became of an attempt to sign in at SMTP.
package enum SMTPAuthentication: Hashable, Sendable {
    case principal(Principal)
    case refused
    /// Refused with a reason the caller may know.
    case refusedBecause(String)
    case temporarilyUnavailable
}

extension AccessControl {
    static let keyPurpose = "access key"
    static let sessionPurpose = "session"
    static let devicePurpose = "MFA seed"

    /// Who may sign with this key id.
    package func credential(for accessKeyID: String, sessionToken: String?) -> Credential {
        if let sessionToken { return session(accessKeyID, sessionToken) }
        if accessKeyID == root.id { return .found(secret: root.secret, principal: rootPrincipal) }
        guard let (key, user) = key(accessKeyID), key.isActive else { return .unknown }
        guard let secret = try? secret(of: key) else { return .unavailable }
        return .found(secret: secret, principal: principal(user))
    }

    package func principal(_ user: User) -> Principal {
        Principal(account: user.account, kind: .user(name: user.name, path: user.path, id: user.id))
    }

    /// Who a trusted listener's `principal` is: `root`, or the ARN of a user or role.
    package func principal(named text: String) -> Principal? {
        if text == "root" || text == rootPrincipal.arn { return rootPrincipal }
        let fields = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 6, fields[2] == "iam", let account = AccountID(fields[4]),
            let name = fields[5].split(separator: "/").last?.lowercased()
        else { return nil }
        let state = directory.state
        if let user = state.find(User.self, name, in: account), user.arn == text { return principal(user) }
        guard let role = state.find(Role.self, name, in: account), role.arn == text else { return nil }
        return Principal(
            account: account, kind: .role(name: role.name, path: role.path, id: role.id, session: "trusted-listener"))
    }

    /// Key ids are unique over all accounts.
    func key(_ id: String) -> (UserKey, User)? {
        let state = directory.state
        for account in accounts(state) {
            if let key = state.find(UserKey.self, id, in: account),
                let user = state.find(User.self, key.user, in: account)
            {
                return (key, user)
            }
        }
        return nil
    }

    func accounts(_ state: AccessState) -> [AccountID] {
        let members = state.all(MemberAccount.self, in: managementAccount).map(\.id)
        return members.contains(managementAccount) ? members : [managementAccount] + members
    }

    func secret(of key: UserKey) throws -> SecretBytes {
        try secrets.secret(key.sealed) { try sealer.open(key.sealed, for: Self.keyPurpose) }
    }

    /// Checks SMTP credentials: an access key id and the password derived from its secret for this region.
    /// - Parameter address: the peer's, which is slowed down with the name when it guesses.
    package func authenticate(smtpUser: String, password: String, from address: String) async -> SMTPAuthentication {
        let subjects = ["user \(smtpUser)", "address \(address)"]
        let moment = directory.now()
        if let until = failures.lock(subjects, at: moment) {
            return .refusedBecause("Too many failed attempts, try again after \(until)")
        }
        if smtpUser.hasPrefix("ASIA") {
            return .refusedBecause(
                "Temporary credentials cannot be used for SMTP: use the SMTP password of a user's access key")
        }
        guard let (secret, principal, refusal) = try? smtpSecret(smtpUser) else { return .temporarilyUnavailable }
        let expected = secrets.secret("smtp \(region) \(smtpUser) \(String(decoding: secret.exposed, as: UTF8.self))") {
            SecretBytes(Array(SMTPPassword.derive(secretAccessKey: secret, region: region).utf8))
        }
        let matches = constantTimeEquals(Array(password.utf8), expected.exposed)
        guard matches, let principal else {
            failures.failed(subjects, at: moment)
            return .refused
        }
        if let refusal { return .refusedBecause(refusal.reason) }
        failures.succeeded(subjects[0])
        return .principal(principal)
    }

    // A name nobody has is compared with a secret nobody has: the answer takes as long.
    private func smtpSecret(_ id: String) throws -> (SecretBytes, Principal?, Guardrails.Refusal?) {
        if id == root.id { return (root.secret, rootPrincipal, nil) }
        guard let (key, user) = key(id), key.isActive else { return (root.secret, nil, nil) }
        let refusal = guardrails.maximumKeyAge.flatMap { ageRefusal(of: key, $0) }
        return (try secret(of: key), principal(user), refusal)
    }

    /// Whether these are the root user's key and secret; takes the same time whatever was given.
    package func isRoot(accessKeyID: String, secret: String) -> Bool {
        let matches = constantTimeEquals(Array(secret.utf8), root.secret.exposed)
        return accessKeyID == root.id && matches
    }
}

/// What a session token holds, sealed: nothing about a session is kept here, and nobody else can make one.
struct SessionToken: Codable {
    let accessKeyID: String
    let secret: String
    let account: AccountID
    let kind: Principal.Kind
    let facts: SessionFacts
}

/// Temporary credentials, as STS gives them out.
package struct TemporaryCredentials: Sendable {
    package let accessKeyID: String
    package let secret: SecretBytes
    package let token: String
    package let expiresAt: Timestamp
}

extension AccessControl {
    func session(_ accessKeyID: String, _ token: String) -> Credential {
        guard let opened = try? secrets.secret(token, { try sealer.open(token, for: Self.sessionPurpose) }),
            let session = try? JSONDecoder().decode(SessionToken.self, from: Data(opened.exposed)),
            session.accessKeyID == accessKeyID
        else { return .unknown }
        guard session.facts.expiresAt > directory.now() else { return .expired }
        return .found(
            secret: SecretBytes(Array(session.secret.utf8)),
            principal: Principal(account: session.account, kind: session.kind, session: session.facts))
    }

    func makeSession(_ principal: Principal, _ facts: SessionFacts) throws -> TemporaryCredentials {
        let id = UniqueID.make("ASIA", directory.random).prefix(20)
        let secret = UniqueID.secret(directory.random)
        let token = SessionToken(
            accessKeyID: String(id), secret: String(decoding: secret.exposed, as: UTF8.self),
            account: principal.account, kind: principal.kind, facts: facts)
        let sealed = try sealer.seal(SecretBytes(Array(try JSONEncoder().encode(token))), for: Self.sessionPurpose)
        return TemporaryCredentials(accessKeyID: String(id), secret: secret, token: sealed, expiresAt: facts.expiresAt)
    }
}
