// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

struct VirtualDeviceOutput: Encodable, Sendable {
    let serialNumber: String
    var base32StringSeed: Blob?
    var qRCodePNG: Blob?
    var user: UserOutput?
    var enableDate: Moment?
    var tags: [WireTag]?
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
        let (name, path, tags) = (input.virtualMFADeviceName, input.path ?? "/", try input.tags.checked)
        let call = try IAMCall(Self.name, on: .new(.device, name, path: path), access, context, keys: tags.keys)
        let sealer = access.sealer
        let (device, seed) = try await call.change {
            try $0.createDevice(name, path: path, tags: tags, in: call.account, random: call.random, sealer: sealer)
        }
        // AWS gives a picture of the code too; people here copy the seed.
        return Output(
            virtualMFADevice: VirtualDeviceOutput(
                serialNumber: device.serial, base32StringSeed: Blob(Array(Base32.encode(seed.exposed).utf8)),
                tags: input.tags))
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
        let serial = input.serialNumber
        let call = try IAMCall(Self.name, on: .device(serial), access, context)
        try await call.change { try $0.deleteDevice(serial, in: call.account) }
        return Empty()
    }
}

/// Which devices are meant.
enum DeviceAssignment: String, WireWord {
    static let member = "assignmentStatus"
    case assigned = "Assigned"
    case unassigned = "Unassigned"
    case any = "Any"

    func holds(of device: MFADevice) -> Bool {
        switch self {
        case .assigned: device.user != nil
        case .unassigned: device.user == nil
        case .any: true
        }
    }
}

/// The account's devices.
struct ListVirtualMFADevices: Operation {
    static let route = iam

    struct Input: Decodable {
        var assignmentStatus: DeviceAssignment?
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
        let call = try IAMCall(Self.name, on: .all(.device, under: nil), access, context)
        let devices = call.state.all(MFADevice.self, in: call.account) {
            (input.assignmentStatus ?? .any).holds(of: $0)
        }
        let page = try Page(devices, by: \.serial, marker: input.marker, maxItems: input.maxItems)
        return Output(
            virtualMFADevices: page.elements.map { device in
                VirtualDeviceOutput(
                    serialNumber: device.serial, user: holder(of: device, call),
                    enableDate: device.enabledAt.map(moment))
            }, isTruncated: page.isTruncated, marker: page.marker)
    }

    private func holder(of device: MFADevice, _ call: IAMCall) -> UserOutput? {
        device.user.flatMap { key in
            if key.isEmpty { return UserOutput(rootOf: call.account, at: Timestamp(milliseconds: 0)) }
            return call.state.find(User.self, key, in: call.account).map { UserOutput($0, withTags: false) }
        }
    }
}
