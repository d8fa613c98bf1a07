// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Journal
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
    /// Octets of a name that may be an access key's id (IAM: 128).
    static let longestKeyID = 128

    /// Who may sign with this key id.
    package func credential(for accessKeyID: String, sessionToken: String?) -> Credential {
        guard accessKeyID.utf8.count <= Self.longestKeyID else { return .unknown }
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

    /// All accounts, the management account first where it is no member.
    package var accountsInOrder: [AccountID] { accounts(directory.state) }

    func accounts(_ state: AccessState) -> [AccountID] {
        let members = state.all(MemberAccount.self, in: managementAccount).map(\.id)
        return members.contains(managementAccount) ? members : [managementAccount] + members
    }

    func secret(of key: UserKey) throws -> SecretBytes {
        try secrets.opened(key.sealed) { try sealer.open(key.sealed, for: Self.keyPurpose) }
    }

    /// Checks SMTP credentials: an access key id and the password derived from its secret for this region.
    /// - Parameter address: the peer's, which is slowed down with the name when it guesses.
    package func authenticate(smtpUser: String, password: String, from address: String) async -> SMTPAuthentication {
        guard smtpUser.utf8.count <= Self.longestKeyID else { return .refused }
        let subjects = failures.subjects(smtpUser, from: address)
        let moment = directory.now()
        if let until = failures.lock(subjects, at: moment) {
            return .refusedBecause("Too many failed attempts, try again after \(until)")
        }
        if smtpUser.hasPrefix("ASIA") {
            return .refusedBecause(
                "Temporary credentials cannot be used for SMTP: use the SMTP password of a user's access key")
        }
        guard let (secret, principal, refusal) = try? smtpSecret(smtpUser) else { return .temporarilyUnavailable }
        let expected = secrets.derived("smtp \(region)", from: secret) {
            SecretBytes(Array(SMTPPassword.derive(secretAccessKey: secret, region: region).utf8))
        }
        let matches = constantTimeEquals(Array(password.utf8), expected.exposed)
        guard matches, let principal else {
            failures.failed(subjects, at: moment)
            return .refused
        }
        failures.succeeded(subjects, at: moment)
        if let refusal {
            guard await recorded(refusal, principal, address) else { return .temporarilyUnavailable }
            return .refusedBecause(refusal.reason)
        }
        return .principal(principal)
    }

    // A name nobody has is compared with a secret nobody has: the answer takes as long.
    private func smtpSecret(_ id: String) throws -> (SecretBytes, Principal?, Guardrails.Refusal?) {
        if id == root.id { return (root.secret, rootPrincipal, nil) }
        guard let (key, user) = key(id), key.isActive else { return (root.secret, nil, nil) }
        let refusal = guardrails.maximumKeyAge.flatMap { ageRefusal(of: key, $0) }
        return (try secret(of: key), principal(user), refusal)
    }

    // A refusal that cannot be recorded becomes a temporary failure: no unseen attempts.
    private func recorded(_ refusal: Guardrails.Refusal, _ principal: Principal, _ address: String) async -> Bool {
        let event = Fact.Refused(
            door: Door.smtp.rawValue, principal: principal.arn, control: refusal.guardrail,
            reason: "AUTH: \(refusal.reason)", sourceAddress: address)
        let fact = Fact(at: directory.now(), account: principal.account, message: nil, event: .refused(event))
        return (try? await directory.record(fact)) != nil
    }

    /// Whether these are the root user's key and secret; takes the same time whatever was given, and is refused for a
    /// while to whom guessed too often.
    package func isRoot(accessKeyID: String, secret: String, from address: String) -> Bool {
        guard accessKeyID.utf8.count <= Self.longestKeyID else { return false }
        let subjects = failures.subjects(accessKeyID, from: address)
        let moment = directory.now()
        guard failures.lock(subjects, at: moment) == nil else { return false }
        let matches = constantTimeEquals(Array(secret.utf8), root.secret.exposed)
        guard accessKeyID == root.id, matches else {
            failures.failed(subjects, at: moment)
            return false
        }
        failures.succeeded(subjects, at: moment)
        return true
    }

    // MARK: Signed requests

    /// Until when this key's signatures are not looked at from there; nil for no such time.
    package func lock(on accessKeyID: String, from address: String) -> Timestamp? {
        guard accessKeyID.utf8.count <= Self.longestKeyID else { return nil }
        return failures.lock(failures.subjects(accessKeyID, from: address), at: directory.now())
    }

    /// Keeps in mind whether a signature was right.
    package func signed(_ accessKeyID: String, from address: String, rightly: Bool) {
        guard accessKeyID.utf8.count <= Self.longestKeyID else { return }
        let subjects = failures.subjects(accessKeyID, from: address)
        if rightly {
            failures.succeeded(subjects, at: directory.now())
        } else {
            failures.failed(subjects, at: directory.now())
        }
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
        guard let opened = try? secrets.opened(token, { try sealer.open(token, for: Self.sessionPurpose) }),
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
