// SPDX-License-Identifier: Apache-2.0

package import Mail

extension AccessState {
    package mutating func createUser(
        _ name: String, path: String = "/", tags: [Tag] = [], boundary: String? = nil, in account: AccountID,
        at moment: Timestamp, random: RandomBits
    ) throws(AccessFailure) -> User {
        try IAMRules.name(name, "userName", maximum: 64)
        try IAMRules.path(path)
        try IAMRules.tags(tags)
        try requireFree(User.self, name, in: account)
        try requireRoom(User.self, "UsersPerAccount", IAMQuota.users, in: account)
        if let boundary { try requirePolicy(boundary, in: account) }
        var user = User(
            account: account, name: name, path: path, id: UniqueID.make("AIDA", random), createdAt: moment)
        user.tags = tags
        user.boundary = boundary
        put(user)
        return user
    }

    package mutating func renameUser(
        _ name: String, to newName: String?, path: String?, in account: AccountID
    ) throws(AccessFailure) {
        var user = try require(User.self, name, in: account)
        if let newName { try IAMRules.name(newName, "newUserName", maximum: 64) }
        if let path { try IAMRules.path(path) }
        if let newName, newName.lowercased() != user.key { try requireFree(User.self, newName, in: account) }
        let (keys, devices) = (keys(of: user), devices(of: user.key, in: account))
        remove(user)
        user.name = newName ?? user.name
        user.path = path ?? user.path
        put(user)
        for key in keys where key.user != user.key { put(key.moved(to: user)) }
        for var device in devices where device.user != user.key {
            device.user = user.key
            put(device)
        }
    }

    package mutating func deleteUser(_ name: String, in account: AccountID) throws(AccessFailure) {
        let user = try require(User.self, name, in: account)
        guard keys(of: user).isEmpty else {
            throw .deleteConflict("Cannot delete entity, must delete access keys first.")
        }
        guard devices(of: user.key, in: account).isEmpty else {
            throw .deleteConflict("Cannot delete entity, must delete MFA device first.")
        }
        guard user.groups.isEmpty else {
            throw .deleteConflict("Cannot delete entity, must remove users from group first.")
        }
        try requireBare(user)
        remove(user)
    }

    // MARK: Groups

    package mutating func createGroup(
        _ name: String, path: String = "/", in account: AccountID, at moment: Timestamp, random: RandomBits
    ) throws(AccessFailure) -> Group {
        try IAMRules.name(name, "groupName", maximum: 128)
        try IAMRules.path(path)
        try requireFree(Group.self, name, in: account)
        try requireRoom(Group.self, "GroupsPerAccount", IAMQuota.groups, in: account)
        let group = Group(
            account: account, name: name, path: path, id: UniqueID.make("AGPA", random), createdAt: moment)
        put(group)
        return group
    }

    package mutating func renameGroup(
        _ name: String, to newName: String?, path: String?, in account: AccountID
    ) throws(AccessFailure) {
        var group = try require(Group.self, name, in: account)
        if let newName { try IAMRules.name(newName, "newGroupName", maximum: 128) }
        if let path { try IAMRules.path(path) }
        if let newName, newName.lowercased() != group.key { try requireFree(Group.self, newName, in: account) }
        let (members, oldKey) = (members(of: group), group.key)
        remove(group)
        group.name = newName ?? group.name
        group.path = path ?? group.path
        put(group)
        for var member in members where group.key != oldKey {
            member.groups.remove(oldKey)
            member.groups.insert(group.key)
            put(member)
        }
    }

    package mutating func deleteGroup(_ name: String, in account: AccountID) throws(AccessFailure) {
        let group = try require(Group.self, name, in: account)
        guard members(of: group).isEmpty else {
            throw .deleteConflict("Cannot delete entity, must remove users from group first.")
        }
        try requireBare(group)
        remove(group)
    }

    package mutating func setMembership(
        of name: String, in groupName: String, _ isMember: Bool, account: AccountID
    ) throws(AccessFailure) {
        let group = try require(Group.self, groupName, in: account)
        var user = try require(User.self, name, in: account)
        if isMember {
            user.groups.insert(group.key)
            guard user.groups.count <= IAMQuota.groupsPerUser else {
                throw .limitExceeded("Cannot exceed quota for GroupsPerUser: \(IAMQuota.groupsPerUser)")
            }
        } else if user.groups.remove(group.key) == nil {
            throw .noSuchEntity("User \(name) is not in group \(groupName).")
        }
        put(user)
    }

    package func members(of group: Group) -> [User] {
        all(User.self, in: group.account) { $0.groups.contains(group.key) }
    }

    // MARK: Access keys

    package func keys(of user: User) -> [UserKey] {
        all(UserKey.self, in: user.account) { $0.user == user.key }
    }

    package mutating func createKey(
        for name: String, in account: AccountID, at moment: Timestamp, random: RandomBits, sealer: SecretSealer
    ) throws -> (UserKey, SecretBytes) {
        let user = try require(User.self, name, in: account)
        guard keys(of: user).count < IAMQuota.keysPerUser else {
            throw AccessFailure.limitExceeded("Cannot exceed quota for AccessKeysPerUser: \(IAMQuota.keysPerUser)")
        }
        let secret = UniqueID.secret(random)
        let key = UserKey(
            account: account, id: String(UniqueID.make("AKIA", random).prefix(20)), user: user.key, createdAt: moment,
            isActive: true, sealed: try sealer.seal(secret, for: AccessControl.keyPurpose))
        put(key)
        return (key, secret)
    }

    package func requireKey(_ id: String, of user: User) throws(AccessFailure) -> UserKey {
        guard let key = find(UserKey.self, id, in: user.account), key.user == user.key else {
            throw .noSuchEntity("The Access Key with id \(id) cannot be found.")
        }
        return key
    }
}

extension UserKey {
    /// The same key after its user was renamed.
    fileprivate func moved(to user: User) -> UserKey {
        var key = UserKey(
            account: account, id: id, user: user.key, createdAt: createdAt, isActive: isActive, sealed: sealed)
        key.lastUsedAt = lastUsedAt
        key.lastUsedService = lastUsedService
        return key
    }
}
