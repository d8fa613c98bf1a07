// SPDX-License-Identifier: Apache-2.0

/// Whom a statement of a resource or trust policy speaks of ("AWS JSON policy elements: Principal").
package enum PrincipalPattern: Hashable, Sendable {
    /// `*`: everybody.
    case everyone
    /// `123456789012` or `arn:aws:iam::123456789012:root`: the account, which passes it on by its own policies.
    case account(String)
    /// The ARN of a user, a role or a role's session.
    case arn(String)
    /// `ses.amazonaws.com`
    case service(String)
    /// The ARN or name of an identity provider.
    case federated(String)

    /// How closely a statement names a caller: IAM lets a boundary limit the one and not the other.
    enum Match: Int, Comparable {
        case account
        case role
        case exact

        static func < (left: Match, right: Match) -> Bool { left.rawValue < right.rawValue }
    }

    /// Nil when the caller is not meant.
    func match(_ caller: PolicyPrincipal) -> Match? {
        switch self {
        case .everyone: caller.role == nil ? .exact : .role
        case .account(let account):
            caller.account == account && caller.kind != .service ? (caller.kind == .root ? .exact : .account) : nil
        case .arn(let arn): arn.isExactly(caller.arn) ? .exact : (arn.isExactly(caller.role ?? "") ? .role : nil)
        case .service(let name): caller.kind == .service && name.isExactly(caller.arn) ? .exact : nil
        case .federated(let provider): caller.kind == .federated && provider.isExactly(caller.arn) ? .exact : nil
        }
    }
}

extension [PrincipalPattern] {
    /// Whether `NotPrincipal` with these leaves a caller out ("AWS JSON policy elements: NotPrincipal").
    ///
    /// A user is left out whose account stands in the list as well, a role's session whose role and account do. An
    /// account that stands there with none of its own is left out whole. Where sessions of a role are named, only they.
    func exempt(_ caller: PolicyPrincipal) -> Bool {
        if contains(.everyone) { return true }
        switch caller.kind {
        case .service, .federated: return contains { $0.match(caller) != nil }
        case .root: return contains(.account(caller.account))
        case .user, .roleSession:
            guard contains(.account(caller.account)) else { return false }
            let named = compactMap { $0.arn(of: caller.account) }
            guard !named.isEmpty else { return true }
            guard let role = caller.role else { return named.contains { $0.isExactly(caller.arn) } }
            let siblings = caller.arn.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            let sessions = named.filter { $0.hasPrefix(siblings.joined(separator: "/") + "/") }
            return named.contains { $0.isExactly(role) }
                && (sessions.isEmpty || sessions.contains { $0.isExactly(caller.arn) })
        }
    }
}

extension PrincipalPattern {
    // Its ARN, when that is a principal of this account.
    fileprivate func arn(of account: String) -> String? {
        guard case .arn(let arn) = self else { return nil }
        let fields = ARNPattern.plainFields(of: arn)
        return fields.count == 6 && fields[4] == account ? arn : nil
    }
}

/// Who asks, in the words policies use.
package struct PolicyPrincipal: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case root, user
        case roleSession = "role-session"
        case service, federated
    }

    package let account: String
    package let kind: Kind
    /// A user's, a session's or the root user's ARN; a service's name; an identity provider's ARN.
    package let arn: String
    /// The role of a session.
    package let role: String?

    package init(account: String, kind: Kind, arn: String, role: String? = nil) {
        self.account = account
        self.kind = kind
        self.arn = arn
        self.role = role
    }
}
