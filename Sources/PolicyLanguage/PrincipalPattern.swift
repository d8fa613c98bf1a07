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
        case .arn(let arn): arn == caller.arn ? .exact : (arn == caller.role ? .role : nil)
        case .service(let name): caller.kind == .service && name == caller.arn ? .exact : nil
        case .federated(let provider): caller.kind == .federated && provider == caller.arn ? .exact : nil
        }
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
