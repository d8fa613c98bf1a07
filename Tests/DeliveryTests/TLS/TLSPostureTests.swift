// SPDX-License-Identifier: Apache-2.0

import Authentication
import DNS
import Mail
import Queue
import Reports
import Synchronization
import Testing

@testable import Delivery

@Suite("TLS posture")
struct TLSPostureTests {
    private let dns = PostureDNS()
    private let store = PostureStore()
    private let clock = ManualClock()
    private let domain = Domain.named("rome.example")
    private let host = "mx.rome.example"
    private let results: TLSResults
    private let posture: TLSPosture

    init() {
        results = TLSResults(store: store, now: clock.now)
        posture = TLSPosture(
            .init(
                dns: dns, directory: nil, broken: BrokenTLSMemory(now: clock.now), results: results, port: 25,
                floor: nil))
    }

    private func ask(
        exchangers: AnswerSecurity = .secure, addresses: AnswerSecurity = .secure, by posture: TLSPosture? = nil
    ) async -> HostPosture {
        let found = Exchangers.Host(preference: 10, name: host, addresses: [], security: addresses)
        return await (posture ?? self.posture).posture(
            for: found, of: domain, Exchangers(hosts: [found], security: exchangers, lifetime: 60),
            demand: .opportunistic)
    }

    private func publish(
        at name: String, _ records: [TLSARecord], status: AnswerStatus = .found, _ security: AnswerSecurity = .secure
    ) {
        dns.world.withLock {
            $0.associations["_25._tcp.\(name)"] = Answer(
                records: records, status: status, security: security, timeToLive: 60)
        }
    }

    private func alias(to name: String) {
        dns.world.withLock {
            $0.hosts[host] = Answer(
                records: [], status: .found, security: .secure, timeToLive: 60, canonicalName: name)
        }
    }

    private static func record(_ usage: UInt8, _ octet: UInt8 = 7) -> TLSARecord {
        TLSARecord(usage: usage, selector: 1, matching: 1, data: [UInt8](repeating: octet, count: 32))
    }

    private func dane(_ octets: [UInt8], names: [String]) -> TLSRequirement.Mode {
        .dane(
            associations: octets.compactMap {
                CertificateAssociation(
                    usage: 3, selector: 1, matching: 1, data: [UInt8](repeating: $0, count: 32))
            }, names: names)
    }

    private func mode(_ posture: HostPosture) -> TLSRequirement.Mode? {
        if case .session(let requirement) = posture { requirement.mode } else { nil }
    }

    @Test("TLSA records count where everything on the way to them is proven (RFC 7672 §2.2)")
    func proven() async {
        publish(at: host, [Self.record(3), Self.record(1)])
        #expect(mode(await ask()) == dane([7], names: [host, "rome.example"]))
        for (exchangers, addresses) in [(AnswerSecurity.insecure, AnswerSecurity.secure), (.secure, .insecure)] {
            #expect(mode(await ask(exchangers: exchangers, addresses: addresses)) == .opportunistic)
        }
        publish(at: host, [Self.record(3)], .insecure)
        #expect(mode(await ask()) == .opportunistic)
        publish(at: host, [Self.record(1), Self.record(0)])
        #expect(mode(await ask()) == .encrypted)
    }

    @Test("nobody asks for TLSA records of what is not proven (RFC 7672 §2.2.2)")
    func unasked() async {
        _ = await ask(exchangers: .insecure)
        _ = await ask(addresses: .insecure)
        #expect(dns.world.withLock { $0.asked.isEmpty })
    }

    @Test("a lookup that fails, or is forged, keeps mail from the host", arguments: [AnswerSecurity.bogus, .insecure])
    func failing(_ security: AnswerSecurity) async throws {
        publish(at: host, [], status: .failed(reason: "no"), security)
        let type = security == .bogus ? "DNSSEC validation" : "lookup"
        let failure = TLSFailure(.dnssecInvalid, "\(type) of the TLSA records of mx.rome.example failed: no")
        #expect(await ask() == .forbidden(failure, .dane))
        try await results.flush()
        #expect(await store.all.map(\.failure?.type) == [.dnssecInvalid])
    }

    @Test("where the host is an alias, the name it leads to comes first (RFC 7672 §2.2.3)")
    func aliases() async {
        alias(to: "real.rome.example")
        publish(at: host, [Self.record(3, 1)])
        #expect(mode(await ask()) == dane([1], names: [host, "rome.example"]))
        publish(at: "real.rome.example", [Self.record(3, 2)])
        #expect(mode(await ask()) == dane([2], names: ["real.rome.example", host, "rome.example"]))
    }

    @Test("a host whose TLS is broken is spoken to in clear for an hour, then tried again")
    func brokenTLS() async {
        guard case .session(let requirement) = await ask() else { return }
        let broken = TLSFailure(.validationFailure, "handshake failed")
        posture.ended(requirement, host: host, of: domain, .success(.init(givenUp: broken)))
        #expect(await ask() == .session(TLSRequirement(mode: .none, policy: .brokenTLS)))
        clock.advance(3_601)
        #expect(await ask() == .session(.opportunistic))
    }

    @Test("broken TLS is remembered of nothing that has to be protected, and forgives nothing")
    func brokenAndRequired() async {
        publish(at: host, [Self.record(3)])
        guard case .session(let requirement) = await ask() else { return }
        posture.ended(requirement, host: host, of: domain, .failure(.init(.validationFailure, "handshake failed")))
        dns.world.withLock { $0.associations = [:] }
        #expect(mode(await ask()) == .opportunistic)
        posture.ended(.opportunistic, host: host, of: domain, .success(.init(givenUp: .init(.validationFailure, "no"))))
        publish(at: host, [Self.record(3)])
        #expect(mode(await ask()) == dane([7], names: [host, "rome.example"]))
    }

    @Test("a host that offers no TLS is not remembered as broken: nothing would be saved")
    func clear() async {
        posture.ended(.opportunistic, host: host, of: domain, .success(.clear))
        #expect(mode(await ask()) == .opportunistic)
    }

    @Test("sessions are counted by what became of them, under the policy that applied")
    func counted() async throws {
        let applied = AppliedPolicy(kind: .sts, strings: ["version: STSv1"], hosts: ["*.rome.example"])
        let requirement = TLSRequirement(mode: .opportunistic, policy: .testing, tested: [host], applied: applied)
        let secure = SessionSecurity(version: "TLSv1.3", certificate: .unverified, tested: .verified)
        var mismatch = secure
        mismatch.tested = .failed(.init(.certificateHostMismatch, "not for it"))
        for security in [secure, secure, mismatch, .clear] {
            posture.ended(requirement, host: host, of: domain, .success(security))
        }
        posture.ended(requirement, host: host, of: nil, .success(secure))
        posture.ended(TLSRequirement(mode: .none, policy: .brokenTLS), host: host, of: domain, .success(.clear))
        try await results.flush()
        let start = Timestamp(seconds: 0)
        let counted = await Set(store.all)
        let expected: [TLSCount] = [
            .init(start: start, domain: domain, policy: applied, failure: nil, sessions: 2),
            .init(
                start: start, domain: domain, policy: applied,
                failure: .init(type: .certificateHostMismatch, host: host, words: "not for it"), sessions: 1),
            .init(
                start: start, domain: domain, policy: applied,
                failure: .init(
                    type: .starttlsNotSupported, host: host, words: "the host does not offer STARTTLS"), sessions: 1),
        ]
        #expect(counted == Set(expected))
    }

    /// One that asks for MTA-STS policies and gets none.
    private func posture(_ failure: TLSFailure) -> TLSPosture {
        let directory = MTASTSDirectory(
            dns: dns, fetcher: ScriptedPolicies(.failure(failure)), store: store, now: clock.now)
        return TLSPosture(
            .init(
                dns: dns, directory: directory, broken: BrokenTLSMemory(now: clock.now), results: results, port: 25,
                floor: nil))
    }

    @Test("an MTA-STS policy that could not be had is counted too")
    func unavailable() async throws {
        dns.world.withLock { $0.texts["_mta-sts.rome.example"] = ["v=STSv1; id=1"] }
        let posture = posture(.init(.stsWebPKIInvalid, "expired"))
        #expect(mode(await ask(by: posture)) == .opportunistic)
        try await results.flush()
        #expect(
            await store.all == [
                .init(
                    start: Timestamp(seconds: 0), domain: domain, policy: .init(kind: .sts),
                    failure: .init(type: .stsWebPKIInvalid, host: nil, words: "expired"), sessions: 1)
            ])
    }

    @Test("where policies cannot be read, the host is not tried, and the domain is not told")
    func unreadable() async throws {
        await store.setBroken(true)
        let posture = posture(.init(.stsPolicyFetchError, "down"))
        let failure = TLSFailure(
            .validationFailure, "what is kept of the MTA-STS policy of rome.example could not be read")
        #expect(await ask(by: posture) == .forbidden(failure, .enforce))
        await store.setBroken(false)
        try await results.flush()
        #expect(await store.all.isEmpty)
    }

    @Test("memory of broken TLS is bounded")
    func bounded() {
        let memory = BrokenTLSMemory(now: clock.now, capacity: 2)
        for host in ["a", "b", "a", "c"] { memory.remember(host) }
        #expect(!memory.contains("a") && memory.contains("b") && memory.contains("c"))
    }
}
