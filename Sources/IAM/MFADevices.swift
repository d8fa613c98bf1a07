// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

struct DeviceOutput: Encodable, Sendable {
    let userName: String
    let serialNumber: String
    let enableDate: Moment
}

struct VirtualDeviceOutput: Encodable, Sendable {
    let serialNumber: String
    let base32StringSeed: Blob?
    let qRCodePNG: Blob?
    let user: UserOutput?
    let enableDate: Moment?
    let tags: [WireTag]?
}

extension AccessControl {
    /// The directory's name of a device's holder: empty for the root user.
    fileprivate func holder(_ given: String?, _ context: RequestContext) throws -> String {
        if given == nil || given == "root", case .root = try Caller(context).principal.kind { return "" }
        return try userName(given, context).lowercased()
    }
}

/// Makes a virtual device; its seed is shown once.
struct CreateVirtualMFADevice: Operation {
    static let route = iam

    struct Input: Decodable {
        var path: String?
        var virtualMFADeviceName: String
        var tags: [WireTag]?
    }
    struct Output: Encodable {
        let virtualMFADevice: VirtualDeviceOutput
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (name, path, tags) = (input.virtualMFADeviceName, input.path ?? "/", input.tags.tags)
        let call = try IAMCall(Self.name, on: "mfa\(path)\(name)", access, context, keys: input.tags.keys)
        let sealer = access.sealer
        let (device, seed) = try await call.change {
            try $0.createDevice(name, path: path, tags: tags, in: call.account, random: call.random, sealer: sealer)
        }
        // AWS gives a picture of the code too; people here copy the seed.
        return Output(
            virtualMFADevice: VirtualDeviceOutput(
                serialNumber: device.serial, base32StringSeed: Blob(Array(Base32.encode(seed.exposed).utf8)),
                qRCodePNG: nil,
                user: nil, enableDate: nil, tags: nil))
    }
}

/// Gives a device to a user, who shows two codes in a row.
struct EnableMFADevice: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
        var serialNumber: String
        var authenticationCode1: String
        var authenticationCode2: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let holder = try access.holder(input.userName, context)
        let call = try IAMCall(
            Self.name, on: holder.isEmpty ? "root" : try access.part("user", holder, context), access, context)
        if !holder.isEmpty { _ = try call.read { try $0.require(User.self, holder, in: call.account) } }
        let (serial, codes, sealer) = (
            input.serialNumber, (input.authenticationCode1, input.authenticationCode2), access.sealer
        )
        try await call.change {
            try $0.enableDevice(serial, for: holder, codes: codes, in: call.account, at: call.now, sealer: sealer)
        }
        return Empty()
    }
}

/// Checks that a device is in step.
struct ResyncMFADevice: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
        var serialNumber: String
        var authenticationCode1: String
        var authenticationCode2: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let holder = try access.holder(input.userName, context)
        let call = try IAMCall(
            Self.name, on: holder.isEmpty ? "root" : try access.part("user", holder, context), access, context)
        let (serial, codes, sealer) = (
            input.serialNumber, (input.authenticationCode1, input.authenticationCode2), access.sealer
        )
        try await call.change {
            try $0.requireResynchronized(
                serial, of: holder, codes: codes, in: call.account, at: call.now, sealer: sealer)
        }
        return Empty()
    }
}

/// Takes a device from its user.
struct DeactivateMFADevice: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
        var serialNumber: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let holder = try access.holder(input.userName, context)
        let call = try IAMCall(
            Self.name, on: holder.isEmpty ? "root" : try access.part("user", holder, context), access, context)
        let serial = input.serialNumber
        try await call.change { try $0.deactivateDevice(serial, of: holder, in: call.account) }
        return Empty()
    }
}

/// Deletes a device that nobody has.
struct DeleteVirtualMFADevice: Operation {
    static let route = iam

    struct Input: Decodable {
        var serialNumber: String
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let call = try IAMCall(Self.name, on: input.serialNumber, access, context)
        let serial = input.serialNumber
        try await call.change { try $0.deleteDevice(serial, in: call.account) }
        return Empty()
    }
}

/// A user's devices.
struct ListMFADevices: Operation {
    static let route = iam

    struct Input: Decodable {
        var userName: String?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let mFADevices: [DeviceOutput]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let holder = try access.holder(input.userName, context)
        let call = try IAMCall(
            Self.name, on: holder.isEmpty ? "root" : try access.part("user", holder, context), access, context)
        let name = holder.isEmpty ? "root" : try call.read { try $0.require(User.self, holder, in: call.account).name }
        let page = try Page(
            call.state.devices(of: holder, in: call.account), marker: input.marker, maxItems: input.maxItems)
        return Output(
            mFADevices: page.elements.map {
                DeviceOutput(userName: name, serialNumber: $0.serial, enableDate: moment($0.enabledAt ?? call.now))
            }, isTruncated: page.isTruncated, marker: page.marker)
    }
}

/// The account's devices.
struct ListVirtualMFADevices: Operation {
    static let route = iam

    struct Input: Decodable {
        var assignmentStatus: String?
        var marker: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let virtualMFADevices: [VirtualDeviceOutput]
        let isTruncated: Bool
        let marker: String?
    }

    let access: AccessControl

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let call = try IAMCall(Self.name, on: "mfa/", access, context)
        let state = call.state
        let devices = state.all(MFADevice.self, in: call.account).filter { device in
            switch input.assignmentStatus {
            case "Assigned": device.user != nil
            case "Unassigned": device.user == nil
            default: true
            }
        }
        let page = try Page(devices, marker: input.marker, maxItems: input.maxItems)
        return Output(
            virtualMFADevices: page.elements.map { device in
                let user = device.user.flatMap { name -> UserOutput? in
                    if name.isEmpty { return UserOutput(rootOf: call.account, at: Timestamp(milliseconds: 0)) }
                    return state.find(User.self, name, in: call.account).map { UserOutput($0, withTags: false) }
                }
                return VirtualDeviceOutput(
                    serialNumber: device.serial, base32StringSeed: nil, qRCodePNG: nil, user: user,
                    enableDate: device.enabledAt.map(moment), tags: nil)
            }, isTruncated: page.isTruncated, marker: page.marker)
    }
}
