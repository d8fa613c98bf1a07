// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Mail

/// What an operation is about ("Actions, resources, and condition keys for AWS Organizations", service authorization
/// reference).
enum OrganizationsSubject: Sendable {
    /// Nothing in particular: `*`.
    case organization
    /// A policy by its id.
    case policy(String)
    case account(String)
    /// What policies are attached to: the root, an account, or an organisational unit, of which there are none.
    case target(String)

    /// Whether this could be the id of anything.
    func validate() throws {
        switch self {
        case .organization: return
        case .policy(let id):
            try require(id.hasPrefix("p-") && Self.isWord(id.utf8.dropFirst(2), 8...128), "POLICY_ID")
        case .account(let id): try require(Self.isAccount(id), "ACCOUNT_ID")
        case .target(let id):
            let isRoot = id.hasPrefix("r-") && Self.isWord(id.utf8.dropFirst(2), 4...32)
            let isUnit =
                id.hasPrefix("ou-") && id.utf8.count <= 68 && id.utf8.allSatisfy { Self.isWord($0) || $0 == 45 }
            try require(isRoot || isUnit || Self.isAccount(id), "TARGET_ID")
        }
    }

    private func require(_ isSound: Bool, _ name: String) throws {
        guard isSound else {
            throw ServiceError.invalid(
                "INVALID_PATTERN:\(name)", "you provided a value that does not match the required pattern.")
        }
    }

    private static func isAccount(_ id: String) -> Bool {
        id.utf8.count == 12 && id.utf8.allSatisfy { (48...57).contains($0) }
    }

    private static func isWord(_ octets: Substring.UTF8View, _ length: ClosedRange<Int>) -> Bool {
        length.contains(octets.count) && octets.allSatisfy(isWord)
    }

    private static func isWord(_ octet: UInt8) -> Bool {
        (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet) || octet == 95
    }

    /// What the caller is asked about.
    func target(in state: AccessState, _ management: AccountID) -> OrganizationsTarget {
        let id = state.organization(management)?.id ?? ""
        let prefix = "arn:aws:organizations::\(management)"
        switch self {
        case .organization: return OrganizationsTarget("*", [])
        case .policy(AccessDirectory.fullAccessPolicy):
            let arn = "arn:aws:organizations::aws:policy/service_control_policy/\(AccessDirectory.fullAccessPolicy)"
            return OrganizationsTarget(arn, [], isPolicy: true)
        case .policy(let policy):
            let tags = state.find(ServiceControlPolicy.self, policy, in: management)?.tags ?? []
            return OrganizationsTarget("\(prefix):policy/\(id)/service_control_policy/\(policy)", tags, isPolicy: true)
        case .account(let account):
            let tags = state.find(MemberAccount.self, account, in: management)?.tags ?? []
            return OrganizationsTarget("\(prefix):account/\(id)/\(account)", tags)
        case .target(let target) where target.hasPrefix("r-"):
            return OrganizationsTarget("\(prefix):root/\(id)/\(target)", [])
        case .target(let target) where target.hasPrefix("ou-"):
            return OrganizationsTarget("\(prefix):ou/\(id)/\(target)", [])
        case .target(let target): return OrganizationsSubject.account(target).target(in: state, management)
        }
    }
}

/// What a decision is asked about: an ARN, and the condition keys it brings.
struct OrganizationsTarget: Hashable, Sendable {
    let arn: String
    let keys: [String: [String]]

    init(_ arn: String, _ tags: [Tag], isPolicy: Bool = false) {
        self.arn = arn
        var keys = isPolicy ? controlPolicyKeys : [:]
        for tag in tags { keys["aws:ResourceTag/\(tag.key)"] = [tag.value] }
        self.keys = keys
    }
}

/// The one type of policies there is.
let controlPolicyType = "SERVICE_CONTROL_POLICY"
let controlPolicyKeys = ["organizations:PolicyType": [controlPolicyType]]

/// A tag on the wire.
struct WireTag: Decodable {
    let key: String?
    let value: String?
}

extension [WireTag]? {
    /// - Throws: what Organizations says of tags that are none, before anybody is asked anything.
    var checked: [Tag] {
        get throws {
            let tags = try (self ?? []).map {
                Tag(key: try required($0.key, "TAG_KEY"), value: try required($0.value, "TAG_VALUE"))
            }
            do {
                try IAMRules.tags(tags)
            } catch {
                throw ServiceError(error)
            }
            return tags
        }
    }
}

extension [Tag] {
    /// `aws:RequestTag/…` and `aws:TagKeys`.
    var keys: [String: [String]] {
        var keys: [String: [String]] = ["aws:TagKeys": map(\.key)]
        for tag in self { keys["aws:RequestTag/\(tag.key)"] = [tag.value] }
        return keys
    }
}
