// SPDX-License-Identifier: Apache-2.0

import Foundation
import Mail
import Sending
import Testing

@Suite("Configuration sets")
struct ConfigurationSetTests {
    @Test("of an older version have no options")
    func older() async throws {
        let house = try await GateHouse()
        let content = Array(#"{"name":"old","createdAt":1700000000000,"tags":{"a":"b"}}"#.utf8)
        _ = try await house.records.put(
            ConfigurationSet.kind, "old", in: house.account, content: content, replacing: false, recording: house.fact)
        var expected = ConfigurationSet(name: "old", createdAt: Timestamp(seconds: 1_700_000_000))
        expected.tags = ["a": "b"]
        #expect(try await house.sets.find("old", in: house.account) == expected)
    }

    @Test("keep everything that is put at one time")
    func parallel() async throws {
        let house = try await GateHouse()
        try await house.set("s")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await house.sets.changeTags(of: "s", operation: "x", by: house.caller) {
                        $0["k\(number)"] = "v"
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await house.sets.find("s", in: house.account)?.tags.count == 20)
    }

    @Test(
        "take no pool that is not there, no time beyond the bounds and no redirect domain that is not verified",
        arguments: [
            (DeliveryOptions(pool: "none"), nil, false), (DeliveryOptions(maximumSeconds: 299), nil, false),
            (DeliveryOptions(maximumSeconds: 50_401), nil, false), (DeliveryOptions(maximumSeconds: 50_400), nil, true),
            (DeliveryOptions(pool: DedicatedIPPool.shared, maximumSeconds: 300), "links.example.com", true),
            (DeliveryOptions(), "links.other.example", false), (DeliveryOptions(), "not a domain", false),
            (DeliveryOptions(), "waiting.example", false),
        ] as [(DeliveryOptions, String?, Bool)])
    func checked(_ delivery: DeliveryOptions, _ redirect: String?, _ isFine: Bool) async throws {
        let house = try await GateHouse()
        try await house.put("waiting.example", .pending)
        func create() async throws {
            try await house.set("s") {
                $0.delivery = delivery
                $0.tracking = redirect.map { TrackingOptions(redirectDomain: $0) }
            }
        }
        if isFine {
            try await create()
        } else {
            await #expect(throws: (any Error).self) { try await create() }
        }
        #expect((try await house.sets.find("s", in: house.account) != nil) == isFine)
    }

    @Test("what the gate was answered is kept for a second, and forgotten with a change made here")
    func current() async throws {
        let house = try await GateHouse()
        #expect(try await house.sets.current("s", in: house.account) == nil)
        try await house.set("s")
        #expect(try await house.sets.current("s", in: house.account)?.sendingEnabled == true)
        try await house.sets.setSending(false, of: "s", operation: "x", by: house.caller)
        #expect(try await house.sets.current("s", in: house.account)?.sendingEnabled == false)
        let elsewhere = ConfigurationSets(
            store: house.records, region: "us-east-1", identities: house.book, addresses: house.addresses,
            now: house.clock.now)
        try await elsewhere.setSending(true, of: "s", operation: "x", by: house.caller)
        #expect(try await house.sets.current("s", in: house.account)?.sendingEnabled == false)
        house.clock.advance(1)
        #expect(try await house.sets.current("s", in: house.account)?.sendingEnabled == true)
    }
}
