// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// An access key without its secret.
struct KeyMetadata: Encodable, Sendable {
    let userName: String
    let accessKeyId: String
    let status: String
    let createDate: Moment

    init(_ key: UserKey, of user: User) {
        userName = user.name
        accessKeyId = key.id
        status = key.isActive ? "Active" : "Inactive"
        createDate = moment(key.createdAt)
    }
}

/// An access key with its secret: shown once, when it is made.
struct NewKey: Encodable {
    let userName: String
    let accessKeyId: String
    let status = "Active"
    let secretAccessKey: String
    let createDate: Moment
}

struct KeyLastUsed: Encodable {
    let lastUsedDate: Moment?
    let serviceName: String
    let region: String
}

/// Gives a user an access key; its SMTP password follows from it.
struct CreateAccessKey: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
    }
    struct Output: Encodable {
        let accessKey: NewKey
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let name = try access.userName(input.userName, context)
        let call = try IAMCall(Self.name, on: .user(name), access, context)
        let sealer = access.sealer
        let (key, secret) = try await call.change { state in
            try state.createKey(for: name, in: call.account, at: call.now, random: call.random, sealer: sealer)
        }
        return Output(
            accessKey: NewKey(
                userName: try call.read { try $0.require(User.self, name, in: call.account).name }, accessKeyId: key.id,
                secretAccessKey: String(decoding: secret.exposed, as: UTF8.self),
                createDate: moment(key.createdAt)))
    }
}

/// A user's access keys.
struct ListAccessKeys: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let accessKeyMetadata: [KeyMetadata]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let name = try access.userName(input.userName, context)
        let call = try IAMCall(Self.name, on: .user(name), access, context)
        let user = try call.read { try $0.require(User.self, name, in: call.account) }
        let page = try Page(call.state.keys(of: user), by: \.id, marker: input.marker, maxItems: input.maxItems)
        return Output(
            accessKeyMetadata: page.elements.map { KeyMetadata($0, of: user) }, isTruncated: page.isTruncated,
            marker: page.marker)
    }
}

/// Switches an access key on or off; live sessions feel it at once.
struct UpdateAccessKey: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
        var accessKeyId: String
        var status: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let name = try access.userName(input.userName, context)
        let call = try IAMCall(Self.name, on: .user(name), access, context)
        try inIAMsWords { try IAMRules.keyID(input.accessKeyId) }
        guard input.status == "Active" || input.status == "Inactive" else {
            throw ServiceError(
                "ValidationError",
                "1 validation error detected: Value at 'status' failed to satisfy constraint: "
                    + "Member must satisfy enum value set: [Active, Inactive]"
            )
        }
        let (id, isActive) = (input.accessKeyId, input.status == "Active")
        try await call.change { state in
            var key = try state.requireKey(id, of: try state.require(User.self, name, in: call.account))
            key.isActive = isActive
            state.put(key)
        }
        return Empty()
    }
}

/// Deletes an access key; live sessions feel it at once.
struct DeleteAccessKey: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
        var accessKeyId: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let name = try access.userName(input.userName, context)
        let call = try IAMCall(Self.name, on: .user(name), access, context)
        let id = input.accessKeyId
        try await call.change { state in
            state.remove(try state.requireKey(id, of: try state.require(User.self, name, in: call.account)))
        }
        return Empty()
    }
}

/// When an access key was last used.
struct GetAccessKeyLastUsed: Operation {
    static let route = iam

    struct Input: Decodable {
        var accessKeyId: String
    }
    struct Output: Encodable {
        let userName: String?
        let accessKeyLastUsed: KeyLastUsed
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let id = input.accessKeyId
        try inIAMsWords { try IAMRules.keyID(id) }
        let call = try IAMCall(Self.name, on: try holder(of: id, context), access, context)
        guard let key = call.state.find(UserKey.self, id, in: call.account) else {
            throw ServiceError(
                "AccessDenied", "The access key \(id) is no key of this account.", status: 403)
        }
        return Output(
            userName: call.state.find(User.self, key.user, in: call.account)?.name,
            accessKeyLastUsed: KeyLastUsed(
                lastUsedDate: key.lastUsedAt.map(moment), serviceName: key.lastUsedService ?? "N/A",
                region: key.lastUsedAt == nil ? "N/A" : access.region))
    }

    // The caller is asked about the user who holds the key, whoever that is.
    private func holder(of id: String, _ context: RequestContext) throws -> IAMSubject {
        let key = access.directory.state.find(UserKey.self, id, in: try Caller(context).account)
        return key.map { .user($0.user) } ?? .account
    }
}
