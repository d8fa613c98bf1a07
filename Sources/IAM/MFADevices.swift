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

/// Who holds a device.
struct DeviceHolder: Sendable {
    let subject: IAMSubject

    /// Only the root user itself reaches its own devices; to everybody else, `root` is a name like others.
    /// - Throws: `ValidationError` when nobody is named and the caller has no name.
    init(_ given: String?, _ access: AccessControl, _ context: RequestContext) throws {
        let isRoot = if case .root = try Caller(context).principal.kind { true } else { false }
        subject = isRoot && (given ?? "root") == "root" ? .root : .user(try access.userName(given, context))
    }

    /// The directory's name of the holder: empty for the root user.
    func key(in state: AccessState, _ account: AccountID) throws -> String {
        guard case .named(_, let name) = subject else { return "" }
        return try state.require(User.self, name, in: account).key
    }

    func name(in state: AccessState, _ account: AccountID) throws -> String {
        guard case .named(_, let name) = subject else { return "root" }
        return try state.require(User.self, name, in: account).name
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
        let holder = try DeviceHolder(input.userName, access, context)
        let call = try IAMCall(Self.name, on: holder.subject, access, context)
        let serial = try checkedSerial(input.serialNumber)
        let (codes, sealer) = ((input.authenticationCode1, input.authenticationCode2), access.sealer)
        try await call.change { state in
            try state.enableDevice(
                serial, for: try holder.key(in: state, call.account), codes: codes, in: call.account, at: call.now,
                sealer: sealer)
        }
        return Empty()
    }
}

/// Sees how a device's clock stands.
struct ResyncMFADevice: Operation {
    static let route = iam

    let access: AccessControl

    func run(_ input: EnableMFADevice.Input, as context: RequestContext) async throws -> Empty {
        let holder = try DeviceHolder(input.userName, access, context)
        let call = try IAMCall(Self.name, on: holder.subject, access, context)
        let serial = try checkedSerial(input.serialNumber)
        let (codes, sealer) = ((input.authenticationCode1, input.authenticationCode2), access.sealer)
        try await call.change { state in
            try state.resynchronize(
                serial, of: try holder.key(in: state, call.account), codes: codes, in: call.account, at: call.now,
                sealer: sealer)
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
        let holder = try DeviceHolder(input.userName, access, context)
        let call = try IAMCall(Self.name, on: holder.subject, access, context)
        let serial = try checkedSerial(input.serialNumber)
        try await call.change { state in
            try state.deactivateDevice(serial, of: try holder.key(in: state, call.account), in: call.account)
        }
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
        let holder = try DeviceHolder(input.userName, access, context)
        let call = try IAMCall(Self.name, on: holder.subject, access, context)
        let (key, name) = try call.read {
            (try holder.key(in: $0, call.account), try holder.name(in: $0, call.account))
        }
        let page = try Page(
            call.state.devices(of: key, in: call.account), by: \.serial, marker: input.marker,
            maxItems: input.maxItems)
        return Output(
            mFADevices: page.elements.map {
                DeviceOutput(userName: name, serialNumber: $0.serial, enableDate: moment($0.enabledAt ?? call.now))
            }, isTruncated: page.isTruncated, marker: page.marker)
    }
}

private func checkedSerial(_ serial: String) throws -> String {
    try inIAMsWords { try IAMRules.serial(serial) }
    return serial
}
