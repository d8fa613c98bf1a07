// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Sending
import Testing

@Suite("Dedicated addresses")
struct DedicatedAddressesTests {
    private static let account = AccountID("111122223333") ?? .unknown

    private static func declared(_ address: String, _ pool: String?) -> DeclaredAddress {
        DeclaredAddress(address: address, hostname: "h-\(address)", pool: pool, account: account)
    }

    private func shown(_ house: GateHouse, pool: String? = nil) throws -> [String] {
        try house.addresses.list(in: house.account, pool: pool, after: nil, limit: 10).map {
            "\($0.address) \($0.pool) \($0.status.rawValue) \($0.percentage)"
        }
    }

    @Test("appear in the pools that the file names; what is in none is shared and nobody's")
    func declared() async throws {
        let house = try await GateHouse(declared: [
            Self.declared("192.0.2.1", "marketing"), Self.declared("192.0.2.2", DedicatedIPPool.byDefault),
            Self.declared("192.0.2.3", DedicatedIPPool.shared), Self.declared("192.0.2.4", nil),
        ])
        #expect(
            try shown(house) == ["192.0.2.1 marketing DONE 100", "192.0.2.2 ses-default-dedicated-pool DONE 100"])
        #expect(try shown(house, pool: "marketing") == ["192.0.2.1 marketing DONE 100"])
        #expect(house.addresses.listPools(in: house.account, after: nil, limit: 9).map(\.name) == ["marketing"])
        let sending = house.addresses.sendingAddresses
        #expect(sending.map(\.egress.address) == ["192.0.2.3", "192.0.2.4", "192.0.2.1", "192.0.2.2"])
        #expect(sending.map(\.egress.pool?.name) == [nil, nil, "marketing", DedicatedIPPool.byDefault])
        #expect(throws: RecordFailure.notFound("192.0.2.3")) {
            try house.addresses.find("192.0.2.3", in: house.account)
        }
        #expect(throws: RecordFailure.self) { try shown(house, pool: "none") }
    }

    @Test("what was decided stands before the file, also after a restart, and whoever follows is told")
    func decisions() async throws {
        let house = try await GateHouse(declared: [Self.declared("192.0.2.1", "marketing")])
        var changes = house.addresses.changes.makeAsyncIterator()
        _ = await changes.next()
        try await house.addresses.createPool(
            DedicatedIPPool(name: "other", scaling: .standard), operation: "x", by: house.caller)
        try await house.addresses.move("192.0.2.1", to: "other", operation: "x", by: house.caller)
        #expect(await changes.next()?.map(\.egress.pool?.name) == [nil, "other"])
        try await house.addresses.setWarmup(40, of: "192.0.2.1", operation: "x", by: house.caller)
        try await house.addresses.setDraining(true, of: "192.0.2.1", because: "x", operation: "x", by: house.caller)
        let again = DedicatedAddresses(
            store: house.records, accounts: house.accounts, region: "us-east-1", hostname: "h", now: house.clock.now)
        try await again.open(declared: [Self.declared("192.0.2.1", "marketing")], accounts: [house.account])
        let view = try again.find("192.0.2.1", in: house.account)
        #expect(view == DedicatedAddressView(address: "192.0.2.1", status: .inProgress, percentage: 40, pool: "other"))
        #expect(again.sendingAddresses.last?.isDraining == true)
        #expect(
            again.sendingAddresses
                == house.addresses.sendingAddresses.map { address in
                    var address = address
                    if address.egress.address == nil { address = .system(hostname: "h") }
                    return address
                })
    }

    @Test("a warm-up takes 45 days from where it was set", arguments: [0, 1, 33, 99, 100])
    func warmup(_ percentage: Int) async throws {
        let house = try await GateHouse(declared: [Self.declared("192.0.2.1", DedicatedIPPool.byDefault)])
        try await house.addresses.setWarmup(percentage, of: "192.0.2.1", operation: "x", by: house.caller)
        #expect(try house.addresses.find("192.0.2.1", in: house.account).percentage == percentage)
        #expect((house.addresses.sendingAddresses.last?.warmingSince == nil) == (percentage == 100))
        house.clock.advance(45 * 86_400)
        #expect(try shown(house) == ["192.0.2.1 ses-default-dedicated-pool DONE 100"])
    }

    @Test("new addresses begin cold where the account warms up automatically or the pool is managed")
    func automatic() async throws {
        let house = try await GateHouse(declared: [Self.declared("192.0.2.1", DedicatedIPPool.byDefault)])
        try await house.addresses.setAutoWarmup(true, operation: "x", by: house.caller)
        try await house.addresses.createPool(
            DedicatedIPPool(name: "ours", scaling: .managed), operation: "x", by: house.caller)
        let later = DedicatedAddresses(
            store: house.records, accounts: house.accounts, region: "us-east-1", hostname: "h", now: house.clock.now)
        try await later.open(
            declared: [
                Self.declared("192.0.2.1", DedicatedIPPool.byDefault),
                Self.declared("192.0.2.2", DedicatedIPPool.byDefault), Self.declared("192.0.2.3", "ours"),
            ], accounts: [house.account])
        let views = try later.list(in: house.account, pool: nil, after: nil, limit: 9)
        #expect(views.map(\.status) == [.done, .inProgress, .notApplicable])
        #expect(views.map(\.percentage) == [100, 0, -1])
        #expect(later.sendingAddresses.map { $0.warmingSince == nil } == [true, true, false, false])
        try await later.setAutoWarmup(false, operation: "x", by: house.caller)
        #expect(later.sendingAddresses.map { $0.warmingSince == nil } == [true, true, true, false])
        await #expect(throws: RecordFailure.self) {
            try await later.setWarmup(5, of: "192.0.2.3", operation: "x", by: house.caller)
        }
    }

    @Test("a managed pool stays one, a pool with an address stays, and some names are nobody's")
    func refusals() async throws {
        let house = try await GateHouse(declared: [Self.declared("192.0.2.1", "full")])
        let (addresses, caller) = (house.addresses, house.caller)
        try await addresses.setScaling(.managed, of: "full", operation: "x", by: caller)
        await #expect(throws: RecordFailure.self) {
            try await addresses.setScaling(.standard, of: "full", operation: "x", by: caller)
        }
        for name in [DedicatedIPPool.byDefault, DedicatedIPPool.shared, "a b", "", String(repeating: "x", count: 65)] {
            await #expect(throws: RecordFailure.self) {
                try await addresses.createPool(
                    DedicatedIPPool(name: name, scaling: .standard), operation: "x", by: caller)
            }
        }
        await #expect(throws: RecordFailure.alreadyExists("full")) {
            try await addresses.createPool(
                DedicatedIPPool(name: "full", scaling: .standard), operation: "x", by: caller)
        }
        for name in ["full", DedicatedIPPool.byDefault, "none"] {
            await #expect(throws: RecordFailure.self) {
                try await addresses.deletePool(name, operation: "x", by: caller, unlessUsed: { _ in false })
            }
        }
        for (address, pool) in [("192.0.2.1", "none"), ("192.0.2.9", "full")] {
            await #expect(throws: RecordFailure.self) {
                try await addresses.move(address, to: pool, operation: "x", by: caller)
            }
        }
        for percentage in [-1, 101] {
            await #expect(throws: RecordFailure.self) {
                try await addresses.setWarmup(percentage, of: "192.0.2.1", operation: "x", by: caller)
            }
        }
    }
}
