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
