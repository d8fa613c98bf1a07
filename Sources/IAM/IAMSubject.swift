// SPDX-License-Identifier: Apache-2.0

import Access
import Mail

/// What an operation is about, as the request names it.
///
/// IAM tells names apart by more than case, so a request may write them in any. What the caller is asked about is what stands
/// in the directory, by its own ARN; only what does not exist is asked about in the request's words.
enum IAMSubject: Sendable {
    /// Kinds of entities; the raw value begins the last part of their ARNs.
    enum Kind: String, Sendable {
        case user, group, role, policy
        case device = "mfa"
        case saml = "saml-provider"
        case oidc = "oidc-provider"
    }

    /// No part of the account in particular.
    case account
    /// The account's root user.
    case root
    /// A user, group or role.
    case named(Kind, String)
    /// A managed policy, device or provider.
    case arn(Kind, String)
    /// A user, group or role by its ARN, of which only kind and name count, as in IAM.
    case principal(String)
    /// What the operation will make.
    case new(Kind, String, path: String?)
    /// What lies under a path.
    case all(Kind, under: String?)
    /// A user or group, and what it will be.
    case renamed(Kind, String, to: String?, path: String?)

    static func user(_ name: String) -> Self { .named(.user, name) }
    static func group(_ name: String) -> Self { .named(.group, name) }
    static func role(_ name: String) -> Self { .named(.role, name) }
    static func policy(_ arn: String) -> Self { .arn(.policy, arn) }
    static func device(_ serial: String) -> Self { .arn(.device, serial) }

    /// Whether this could be the name of anything.
    func validate() throws(AccessFailure) {
        switch self {
        case .account, .root: return
        case .named(let kind, let name): try kind.check(name)
        case .arn(let kind, let arn): try kind.check(arn: arn)
        case .principal(let arn): try IAMRules.arn(arn, "policySourceArn")
        case .new(let kind, let name, let path):
            try kind.check(name)
            if let path { try IAMRules.path(path) }
        case .all(_, let prefix): if let prefix { try IAMRules.pathPrefix(prefix) }
        case .renamed(let kind, let name, let newName, let path):
            try kind.check(name)
            if let newName { try kind.check(newName) }
            if let path { try IAMRules.path(path) }
        }
    }

    /// What the caller is asked about.
    func target(in state: AccessState, _ account: AccountID) -> IAMTarget {
        switch self {
        case .account: IAMTarget("*")
        case .root: IAMTarget("arn:aws:iam::\(account):root")
        case .named(let kind, let name): kind.target(name, in: state, account)
        case .arn(let kind, let arn): kind.target(arn: arn, in: state, account)
        case .principal(let arn):
            Kind(principal: arn, account)?.target(Place(arn).name, in: state, account) ?? IAMTarget(arn)
        case .new(.oidc, let url, _): IAMTarget(Kind.oidc.arn("/", String(url.dropFirst("https://".count)), account))
        case .new(let kind, let name, let path): IAMTarget(kind.arn(path ?? "/", name, account))
        case .all(let kind, let prefix): IAMTarget(kind.arn(prefix ?? "/", "", account))
        case .renamed(let kind, let name, let newName, let path):
            kind.target(name, in: state, account).renamed(kind, newName, path, account)
        }
    }
}

/// What a decision is asked about: the ARNs, all of which must be allowed, and the condition keys they bring.
struct IAMTarget: Hashable, Sendable {
    var arns: [String]
    var keys: [String: [String]] = [:]
    /// The permissions boundary it has now.
    let boundary: String?
    /// Whether it stands in the directory.
    let isFound: Bool

    init(_ arn: String, tags: [Tag] = [], boundary: String? = nil, isFound: Bool = false) {
        arns = [arn]
        self.boundary = boundary
        self.isFound = isFound
        for tag in tags {
            keys["iam:ResourceTag/\(tag.key)"] = [tag.value]
            keys["aws:ResourceTag/\(tag.key)"] = [tag.value]
        }
    }

    /// "You must have permission on both the source object and the target object" (IAM user guide, "Rename an IAM user").
    fileprivate func renamed(
        _ kind: IAMSubject.Kind, _ name: String?, _ path: String?, _ account: AccountID
    ) -> IAMTarget {
        guard let old = arns.first else { return self }
        let place = Place(old)
        let new = kind.arn(path ?? place.path, name ?? place.name, account)
        var both = self
        if new != old { both.arns.append(new) }
        return both
    }
}

extension IAMSubject.Kind {
    /// The kind of a user, group or role of this account; nil for an ARN of something else.
    fileprivate init?(principal arn: String, _ account: AccountID) {
        guard
            let kind = [IAMSubject.Kind.user, .group, .role].first(where: {
                arn.hasPrefix("arn:aws:iam::\(account):\($0.rawValue)/")
            })
        else { return nil }
        self = kind
    }

    fileprivate func arn(_ path: String, _ name: String, _ account: AccountID) -> String {
        "arn:aws:iam::\(account):\(rawValue)\(path)\(name)"
    }

    fileprivate func check(_ name: String) throws(AccessFailure) {
        switch self {
        case .user: try IAMRules.name(name, "userName", maximum: 64)
        case .role: try IAMRules.name(name, "roleName", maximum: 64)
        case .group: try IAMRules.name(name, "groupName", maximum: 128)
        case .policy: try IAMRules.name(name, "policyName", maximum: 128)
        case .device: try IAMRules.name(name, "virtualMFADeviceName", maximum: 226)
        case .saml: try IAMRules.name(name, "name", maximum: 128)
        case .oidc: _ = try IAMRules.providerHost(name)
        }
    }

    fileprivate func check(arn: String) throws(AccessFailure) {
        switch self {
        case .policy: try IAMRules.arn(arn, "policyArn")
        case .device: return try IAMRules.serial(arn)
        case .saml: try IAMRules.arn(arn, "sAMLProviderArn")
        default: try IAMRules.arn(arn, "openIDConnectProviderArn")
        }
        guard Place.part(of: arn).hasPrefix("\(rawValue)/") else {
            throw .invalidInput("ARN \(arn) is not valid: it is not that of a \(rawValue).")
        }
    }

    fileprivate func target(_ name: String, in state: AccessState, _ account: AccountID) -> IAMTarget {
        let found: IAMTarget? =
            switch self {
            case .user: state.find(User.self, name.lowercased(), in: account).map { IAMTarget($0) }
            case .role: state.find(Role.self, name.lowercased(), in: account).map { IAMTarget($0) }
            case .group: state.find(Group.self, name.lowercased(), in: account).map { IAMTarget($0.arn, isFound: true) }
            default: nil
            }
        return found ?? IAMTarget(arn("/", name, account))
    }

    fileprivate func target(arn: String, in state: AccessState, _ account: AccountID) -> IAMTarget {
        let tags: [Tag]? =
            switch self {
            case .policy: state.find(ManagedPolicy.self, arn, in: account)?.tags
            case .device: state.find(MFADevice.self, arn, in: account)?.tags
            default: state.find(IdentityProvider.self, arn, in: account)?.tags
            }
        return IAMTarget(arn, tags: tags ?? [], isFound: tags != nil)
    }
}

extension IAMTarget {
    fileprivate init(_ holder: some Bounded) {
        self.init(holder.arn, tags: holder.tags, boundary: holder.boundary, isFound: true)
    }
}

/// Where the ARN of a user, group, role or policy says it stands: `/mail/` and `app` of `…:user/mail/app`.
struct Place {
    let path: String
    let name: String

    init(_ arn: String) {
        let part = Self.part(of: arn)
        guard let from = part.firstIndex(of: "/"), let to = part.lastIndex(of: "/") else {
            (path, name) = ("/", String(part))
            return
        }
        path = String(part[from...to])
        name = String(part[part.index(after: to)...])
    }

    /// What stands behind the account: `user/mail/app`.
    static func part(of arn: String) -> Substring {
        arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).last ?? ""
    }
}
