// SPDX-License-Identifier: Apache-2.0

package import Mail

extension AccessState {
    /// - Parameter user: the name in lower case; empty for the root user.
    package func devices(of user: String, in account: AccountID) -> [MFADevice] {
        all(MFADevice.self, in: account) { $0.user == user }
    }

    package mutating func createDevice(
        _ name: String, path: String = "/", tags: [Tag] = [], in account: AccountID, random: RandomBits,
        sealer: SecretSealer
    ) throws -> (MFADevice, SecretBytes) {
        try IAMRules.name(name, "virtualMFADeviceName", maximum: 226)
        try IAMRules.path(path)
        try IAMRules.tags(tags)
        let seed = SecretBytes(UniqueID.octets(40, random))
        var device = MFADevice(
            account: account, name: name, path: path, sealed: try sealer.seal(seed, for: AccessControl.devicePurpose))
        try IAMRules.serial(device.serial)
        guard find(MFADevice.self, device.serial, in: account) == nil else {
            throw AccessFailure.alreadyExists("MFADevice entity at the same path and name already exists.")
        }
        try requireRoom(MFADevice.self, "VirtualMFADevicesPerAccount", IAMQuota.devices, in: account)
        device.tags = tags
        put(device)
        return (device, seed)
    }

    package func requireDevice(_ serial: String, in account: AccountID) throws(AccessFailure) -> MFADevice {
        guard let device = find(MFADevice.self, serial, in: account) else {
            throw .noSuchEntity("VirtualMFADevice with serial number \(serial) doesn't exist.")
        }
        return device
    }

    /// Two codes, one after the other, show that the device runs; neither opens anything any more.
    package mutating func enableDevice(
        _ serial: String, for user: String, codes: (String, String), in account: AccountID, at moment: Timestamp,
        sealer: SecretSealer
    ) throws {
        var device = try requireDevice(serial, in: account)
        guard device.user == nil else { throw AccessFailure.alreadyExists("MFA Device is already in use.") }
        guard devices(of: user, in: account).count < IAMQuota.devicesPerUser else {
            throw AccessFailure.limitExceeded("Cannot exceed quota for MFADevicesPerUser: \(IAMQuota.devicesPerUser)")
        }
        device.lastStep = try Self.step(of: device, codes, moment, sealer)
        device.drift = device.lastStep - moment.seconds / TOTP.period
        device.user = user
        device.enabledAt = moment
        put(device)
    }

    /// Two codes, one after the other, show how the device's clock stands; neither opens anything any more.
    package mutating func resynchronize(
        _ serial: String, of user: String, codes: (String, String), in account: AccountID, at moment: Timestamp,
        sealer: SecretSealer
    ) throws {
        var device = try requireDevice(serial, in: account)
        guard device.user == user else {
            throw AccessFailure.noSuchEntity("MFA Device \(serial) is not assigned to the user.")
        }
        device.lastStep = try Self.step(of: device, codes, moment, sealer)
        device.drift = device.lastStep - moment.seconds / TOTP.period
        put(device)
    }

    package mutating func deactivateDevice(
        _ serial: String, of user: String, in account: AccountID
    ) throws(AccessFailure) {
        var device = try requireDevice(serial, in: account)
        guard device.user == user else { throw .noSuchEntity("MFA Device \(serial) is not assigned to the user.") }
        device.user = nil
        device.enabledAt = nil
        put(device)
    }

    package mutating func deleteDevice(_ serial: String, in account: AccountID) throws(AccessFailure) {
        let device = try requireDevice(serial, in: account)
        guard device.user == nil else {
            throw .deleteConflict("VirtualMFADevice with serial number \(serial) is in use: deactivate it first.")
        }
        remove(device)
    }

    /// The step of the second of two codes in a row, of which neither was shown before.
    private static func step(
        of device: MFADevice, _ codes: (String, String), _ moment: Timestamp, _ sealer: SecretSealer
    ) throws -> Int64 {
        let seed = try sealer.open(device.sealed, for: AccessControl.devicePurpose)
        // A clock may be some minutes off; what signs in later is held to a step.
        for offset in [0, -1, 1, -2, 2, -3, 3] as [Int64] {
            let near = Timestamp(seconds: moment.seconds + offset * TOTP.period * 2)
            guard let first = TOTP.step(of: codes.0, seed: seed, at: near, after: device.lastStep) else { continue }
            let next = Timestamp(seconds: (first + 1) * TOTP.period)
            if TOTP.step(of: codes.1, seed: seed, at: next, after: first) == first + 1 { return first + 1 }
        }
        throw AccessFailure.wrongCode("Authentication code for device is not valid.")
    }
}
