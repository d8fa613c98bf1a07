// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// What users of AWS may have beside access keys and devices, and nobody has here: passwords, certificates, SSH keys and
/// credentials of single services. Whoever cleans up after a user asks for them first.
///
/// A list of things of which there are none.
struct Nothing: Encodable {}

extension AccessControl {
    /// Asks whether the caller may, and whether there is such a user.
    fileprivate func requireUser(_ operation: String, _ given: String?, _ context: RequestContext) throws -> User {
        let name = try userName(given, context)
        let call = try IAMCall(operation, on: .user(name), self, context)
        return try call.read { try $0.require(User.self, name, in: call.account) }
    }
}

/// A user's SSH keys: none.
struct ListSSHPublicKeys: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let sSHPublicKeys: [Nothing]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        _ = try access.requireUser(Self.name, input.userName, context)
        return Output(sSHPublicKeys: [], isTruncated: false, marker: nil)
    }
}

/// A user's signing certificates: none.
struct ListSigningCertificates: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let certificates: [Nothing]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        _ = try access.requireUser(Self.name, input.userName, context)
        return Output(certificates: [], isTruncated: false, marker: nil)
    }
}

/// A user's credentials for single services, or everybody's: none.
struct ListServiceSpecificCredentials: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
        var serviceName: String?
        var allUsers: Flag?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let serviceSpecificCredentials: [Nothing]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        if input.allUsers?.value == true {
            guard input.userName == nil else {
                throw ServiceError("InvalidInput", "UserName and AllUsers cannot be given together.")
            }
            _ = try IAMCall(Self.name, on: .all(.user, under: nil), access, context)
        } else {
            _ = try access.requireUser(Self.name, input.userName, context)
        }
        return Output(serviceSpecificCredentials: [], isTruncated: false, marker: nil)
    }
}

/// A user's password for the console: there is none.
struct GetLoginProfile: Operation {
    static let route = iam

    struct Input: Decodable { var userName: String? }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let user = try access.requireUser(Self.name, input.userName, context)
        throw ServiceError(.noSuchEntity("Login Profile for User \(user.name) cannot be found."))
    }
}

/// Takes a user's password away, where there is one.
struct DeleteLoginProfile: Operation {
    static let route = iam

    struct Input: Decodable { var userName: String? }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let user = try access.requireUser(Self.name, input.userName, context)
        throw ServiceError(.noSuchEntity("Login Profile for User \(user.name) cannot be found."))
    }
}

/// The instance profiles of a role: none, for there are no instances.
struct ListInstanceProfilesForRole: Operation {
    static let route = iam

    struct Input: Decodable {
        var roleName: String
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let instanceProfiles: [Nothing]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: .role(input.roleName), access, context)
        _ = try call.read { try $0.require(Role.self, input.roleName, in: call.account) }
        return Output(instanceProfiles: [], isTruncated: false, marker: nil)
    }
}
