// SPDX-License-Identifier: Apache-2.0

import DNS
import Mail
import Synchronization
import Testing

@testable import Delivery

/// Counts what is asked.
final class CountingDNS: DNSLookup {
    let dns: StubDNS
    private let count = Mutex(0)
    var questions: Int { count.withLock { $0 } }

    init(_ dns: StubDNS) { self.dns = dns }

    func mx(_ name: String) async -> Answer<MXRecord> {
        count.withLock { $0 += 1 }
        return await dns.mx(name)
    }

    func addresses(_ name: String) async -> Answer<AddressRecord> { await dns.addresses(name) }
    func txt(_ name: String) async -> Answer<TXTRecord> { await dns.txt(name) }
    func tlsa(_ name: String) async -> Answer<TLSARecord> { await dns.tlsa(name) }
}

@Suite("MX directory")
struct MXDirectoryTests {
    private func directory(
        _ dns: any DNSLookup, _ clock: ManualClock, capacity: Int = 10,
        provider: @escaping MXDirectory.Provider = { _, _ in nil }
    ) -> MXDirectory {
        MXDirectory(router: Router(dns: dns, random: { 0 }), now: clock.now, capacity: capacity, provider: provider)
    }

    private static var dns: StubDNS {
        var dns = StubDNS(hosts: ["mx1.b.example": ["192.0.2.1"], "mx2.b.example": ["192.0.2.2"]])
        dns.exchangers["b.example"] = StubDNS.mx((10, "mx1.b.example"), (10, "mx2.b.example"))
        return dns
    }

    @Test("an answer is kept for its time, and asked for once by those who wait together")
    func kept() async throws {
        let (dns, clock) = (CountingDNS(Self.dns), ManualClock())
        let directory = directory(dns, clock)
        let domain = try Domain(parsing: "b.example")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = await directory.exchangers(of: domain) } }
        }
        #expect(dns.questions == 1)
        clock.advance(59)
        #expect(await directory.exchangers(of: domain).best == ["mx1.b.example", "mx2.b.example"])
        #expect(dns.questions == 1)
        clock.advance(2)
        _ = await directory.exchangers(of: domain)
        #expect(dns.questions == 2)
    }

    @Test("what leads nowhere is asked for again after 30 seconds")
    func failure() async throws {
        var stub = Self.dns
        stub.exchangers["b.example"] = StubDNS.answer([], .failed(reason: "SERVFAIL"))
        let (dns, clock) = (CountingDNS(stub), ManualClock())
        let directory = directory(dns, clock)
        for (seconds, questions) in [(0.0, 1), (29, 1), (2, 2)] {
            clock.advance(seconds)
            #expect(await directory.site(of: "b.example").site == "b.example")
            #expect(dns.questions == questions)
        }
    }

    @Test("the site is the provider's name, else the best exchangers rolled up, else the domain")
    func sites() async {
        let clock = ManualClock()
        let plain = directory(Self.dns, clock)
        #expect(await plain.site(of: "b.example") == ("(mx1|mx2).b.example", 60))
        #expect(await plain.site(of: "c.example").site == "c.example")
        #expect(await plain.site(of: "relay").site == "relay")
        let ruled = directory(Self.dns, clock) { domain, hosts in
            domain == "b.example" && hosts == ["mx1.b.example", "mx2.b.example"] ? "provider" : nil
        }
        #expect(await ruled.site(of: "b.example").site == "provider")
    }

    @Test("holds so many domains and no more")
    func bounded() async {
        let (dns, clock) = (CountingDNS(Self.dns), ManualClock())
        let directory = directory(dns, clock, capacity: 2)
        for domain in ["a.example", "b.example", "c.example"] { _ = await directory.site(of: domain) }
        _ = await directory.site(of: "c.example")
        #expect(dns.questions == 3)
        _ = await directory.site(of: "a.example")
        #expect(dns.questions == 4)
    }

    @Test(
        "rolls names up by what they have in common",
        arguments: [
            (["mx.a.example"], "mx.a.example"), (["mx2.a.example", "mx1.a.example"], "(mx1|mx2).a.example"),
            (["mx.a.example", "in.mx.a.example"], "(in.mx|mx).a.example"),
            (["a.example", "mx.a.example"], "(a.example|mx.a.example)"),
            (["mx.a.example", "mx.b.example"], "(mx.a.example|mx.b.example)"),
            (["mx.a.example", "mx.a.example"], "mx.a.example"),
        ])
    func rollUp(_ names: [String], _ expected: String) {
        #expect(Exchangers.rollUp(names) == expected)
    }

    @Test("a long name is cut, and stays apart from others")
    func long() throws {
        let many = (100..<160).map { "host\($0).mail.example" }
        let one = try #require(Exchangers.rollUp(many))
        let other = try #require(Exchangers.rollUp(many.dropLast() + ["other.mail.example"]))
        #expect(one != other && one.utf8.count <= Exchangers.maximumSiteLength + 2)
        #expect(Exchangers.rollUp([]) == nil)
    }

    @Test("says which of DNS and DNSSEC failed, and what is wrong with an MX")
    func reasons() async throws {
        var dns = Self.dns
        dns.exchangers["c.example"] = Answer(
            records: [], status: .failed(reason: "signature expired"), security: .bogus, timeToLive: 0)
        dns.exchangers["d.example"] = StubDNS.mx((10, "192.0.2.7"))
        let directory = directory(dns, ManualClock())
        let bogus = await directory.exchangers(of: try Domain(parsing: "c.example")).failure
        #expect(bogus == Reply(451, .init(4, 4, 3), "DNSSEC validation of c.example failed: signature expired"))
        let literal = await directory.exchangers(of: try Domain(parsing: "d.example")).failure
        #expect(literal?.description.hasPrefix("550 5.4.4 The mail exchangers of d.example are addresses") == true)
    }
}
