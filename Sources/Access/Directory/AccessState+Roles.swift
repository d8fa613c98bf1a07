// SPDX-License-Identifier: Apache-2.0

package import Mail
import PolicyLanguage

extension AccessState {
    package mutating func createRole(
        _ name: String, path: String = "/", trust: String, description: String = "", maximumSession: Int = 3_600,
        tags: [Tag] = [], boundary: String? = nil, in account: AccountID, at moment: Timestamp, random: RandomBits
    ) throws(AccessFailure) -> Role {
        try IAMRules.name(name, "roleName", maximum: 64)
        try IAMRules.path(path)
        try IAMRules.tags(tags)
        try IAMRules.description(description)
        try Self.requireTrust(trust)
        try Self.requireSession(maximumSession)
        try requireFree(Role.self, name, in: account)
        try requireRoom(Role.self, "RolesPerAccount", IAMQuota.roles, in: account)
        if let boundary { try requirePolicy(boundary, in: account) }
        var role = Role(
            account: account, name: name, path: path, id: UniqueID.make("AROA", random), createdAt: moment,
            description: description, trust: trust, maximumSession: maximumSession)
        role.tags = tags
        role.boundary = boundary
        put(role)
        return role
    }

    package mutating func updateRole(
        _ name: String, description: String?, maximumSession: Int?, in account: AccountID
    ) throws(AccessFailure) {
        var role = try require(Role.self, name, in: account)
        if let description {
            try IAMRules.description(description)
            role.description = description
        }
        if let maximumSession {
            try Self.requireSession(maximumSession)
            role.maximumSession = maximumSession
        }
        put(role)
    }

    package mutating func setTrust(_ document: String, of name: String, in account: AccountID) throws(AccessFailure) {
        var role = try require(Role.self, name, in: account)
        try Self.requireTrust(document)
        role.trust = document
        put(role)
    }

    package mutating func deleteRole(_ name: String, in account: AccountID) throws(AccessFailure) {
        let role = try require(Role.self, name, in: account)
        try requireBare(role)
        remove(role)
    }

    private static func requireTrust(_ document: String) throws(AccessFailure) {
        try IAMRules.document(document, as: .trust, maximum: IAMQuota.trustLength, quota: "ACLSizePerRole")
    }

    private static func requireSession(_ seconds: Int) throws(AccessFailure) {
        guard (3_600...43_200).contains(seconds) else {
            throw .invalidInput("MaxSessionDuration must be between 3600 and 43200 seconds.")
        }
    }
}
