// SPDX-License-Identifier: Apache-2.0

import DNS
import Delivery
import Mail
import SMTP
import Synchronization
import Testing

@Suite("Router")
struct RouterTests {
    private func decide(
        _ dns: StubDNS, random: @escaping RandomBits = { 0 },
        isOurs: @escaping Router.IsOurs = { _, _ in false },
        _ domain: String = "b.example"
    ) async throws -> Router.Decision {
        let router = Router(dns: dns, random: random, isOurs: isOurs)
        let domain = try Domain(parsing: domain)
        return router.order(await router.exchangers(of: domain), port: 25, of: domain)
    }

    private func hosts(_ decision: Router.Decision) -> [String] {
        if case .hosts(let hosts) = decision { return hosts.flatMap { $0.addresses.map(\.address) } }
        return []
    }

    private func reply(_ decision: Router.Decision) -> String {
        if case .unreachable(let reply) = decision { return "\(reply.code) \(reply.enhanced.map { "\($0)" } ?? "")" }
        return ""
    }

    @Test("asks exchangers in the order of preference, and is itself what the certificate must name")
    func preference() async throws {
        var dns = StubDNS(hosts: ["m1.example": ["192.0.2.1", "2001:db8::1"], "m2.example": ["192.0.2.2"]])
        dns.exchangers["b.example"] = StubDNS.mx((20, "m2.example"), (10, "m1.example"))
        let decision = try await decide(dns)
        #expect(hosts(decision) == ["192.0.2.1", "2001:db8::1", "192.0.2.2"])
        guard case .hosts(let found) = decision else { return }
        #expect(found.map(\.name) == ["m1.example", "m2.example"])
    }

    @Test("leaves the order of equals to chance")
    func equals() async throws {
        var dns = StubDNS(hosts: ["m1.example": ["192.0.2.1"], "m2.example": ["192.0.2.2"]])
        dns.exchangers["b.example"] = StubDNS.mx((10, "m1.example"), (10, "m2.example"))
        for (numbers, first) in [([1, 2] as [UInt64], "192.0.2.1"), ([2, 1], "192.0.2.2")] {
            let rest = Mutex(numbers[...])
            let decision = try await decide(dns, random: { rest.withLock { $0.popFirst() ?? 0 } })
            #expect(hosts(decision).first == first)
        }
    }

    @Test("without MX, the domain is its own exchanger; an answer without records is no null MX")
    func implicit() async throws {
        var dns = StubDNS(hosts: ["b.example": ["192.0.2.9"]])
        #expect(hosts(try await decide(dns)) == ["192.0.2.9"])
        dns.exchangers["b.example"] = StubDNS.answer([], .found)
        #expect(hosts(try await decide(dns)) == ["192.0.2.9"])
    }

    @Test("knows when there is nowhere to go, and whether that may change")
    func nowhere() async throws {
        var dns = StubDNS()
        dns.exchangers["b.example"] = StubDNS.mx((0, ""))
        #expect(reply(try await decide(dns)) == "556 5.1.10")
        dns.exchangers["b.example"] = StubDNS.answer([], .noName)
        #expect(reply(try await decide(dns)) == "550 5.1.2")
        dns.exchangers["b.example"] = StubDNS.answer([], .failed(reason: "bogus"))
        #expect(reply(try await decide(dns)) == "451 4.4.3")
        dns.exchangers["b.example"] = StubDNS.mx((10, "m1.example"), (20, "m2.example"))
        #expect(reply(try await decide(dns)) == "550 5.4.4")
        dns.failing = ["m2.example"]
        #expect(reply(try await decide(dns)) == "451 4.4.3")
        #expect(reply(try await decide(dns, "192.0.2.1")) == "550 5.1.2")
    }

    @Test("an exchanger that is an address is passed over")
    func literal() async throws {
        var dns = StubDNS(hosts: ["192.0.2.7": ["192.0.2.7"], "m1.example": ["192.0.2.1"]])
        dns.exchangers["b.example"] = StubDNS.mx((10, "192.0.2.7"), (20, "m1.example"))
        #expect(hosts(try await decide(dns)) == ["192.0.2.1"])
    }

    @Test("sends nothing to itself, nor to exchangers that would send it back")
    func loop() async throws {
        var dns = StubDNS(hosts: [
            "m1.example": ["192.0.2.1"], "us.example": ["192.0.2.5"], "m3.example": ["192.0.2.3"],
        ])
        let isOurs: Router.IsOurs = { $0 == "192.0.2.5" && $1 == 25 }
        dns.exchangers["b.example"] = StubDNS.mx((10, "us.example"), (20, "m3.example"))
        #expect(reply(try await decide(dns, isOurs: isOurs)) == "554 5.4.6")
        dns.exchangers["b.example"] = StubDNS.mx((10, "m1.example"), (20, "us.example"), (20, "m3.example"))
        #expect(hosts(try await decide(dns, isOurs: isOurs)) == ["192.0.2.1"])
    }

    @Test("a relay is found by our resolver, or left to the system's; an address is itself")
    func relay() async {
        let router = Router(dns: StubDNS(hosts: ["relay.example": ["192.0.2.1", "192.0.2.2"]]), random: { 0 })
        for (host, found) in [
            ("relay.example", ["192.0.2.1", "192.0.2.2"]), ("localhost", ["localhost"]), ("192.0.2.3", ["192.0.2.3"]),
            ("2001:db8::1", ["2001:db8::1"]),
        ] {
            let decision = router.order(relay: await router.relay(host), host, port: 26)
            #expect(hosts(decision) == found)
            guard case .hosts(let list) = decision else { continue }
            #expect(list.map(\.name) == [host])
        }
    }

    @Test("a relay that is ourselves is none")
    func ownRelay() async {
        let router = Router(
            dns: StubDNS(hosts: ["relay.example": ["192.0.2.1", "192.0.2.5"]]), random: { 0 },
            isOurs: { $0 == "192.0.2.5" && $1 == 26 })
        let relay = await router.relay("relay.example")
        #expect(reply(router.order(relay: relay, "relay.example", port: 26)) == "554 5.4.6")
        #expect(hosts(router.order(relay: relay, "relay.example", port: 25)) == ["192.0.2.1", "192.0.2.5"])
    }

    @Test("one try is bounded in hosts and addresses, and neither family crowds out the other")
    func bounds() async throws {
        var dns = StubDNS()
        let names = (1...9).map { "m\($0).example" }
        for (index, name) in names.enumerated() {
            dns.hosts[name] = (1...9).map { "2001:db8:\(index)::\($0)" } + ["192.0.2.\(index)"]
        }
        dns.exchangers["b.example"] = StubDNS.answer(
            names.enumerated().map { MXRecord(preference: UInt16($0), exchange: $1) }, .found)
        let found = hosts(try await decide(dns))
        #expect(found.count == Router.maximumHosts * Router.maximumAddresses)
        #expect(found.prefix(Router.maximumAddresses).contains("192.0.2.0"))
    }
}
