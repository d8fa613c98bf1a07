// SPDX-License-Identifier: Apache-2.0

import Authentication
import Mail
import Reports
import Synchronization
import Testing

@testable import Delivery

@Suite("MTA-STS policies that are known")
struct MTASTSDirectoryTests {
    private let dns = PostureDNS()
    private let store = PostureStore()
    private let clock = ManualClock()
    private let domain = Domain.named("rome.example")
    private let down = TLSFailure(.stsPolicyFetchError, "down")

    private func directory(_ policies: ScriptedPolicies, capacity: Int = 10) -> MTASTSDirectory {
        MTASTSDirectory(dns: dns, fetcher: policies, store: store, now: clock.now, capacity: capacity)
    }

    private func publish(_ id: String?) {
        dns.world.withLock { $0.texts["_mta-sts.rome.example"] = id.map { ["v=STSv1; id=\($0)"] } }
    }

    private func mode(_ finding: MTASTSFinding) -> String {
        switch finding {
        case .none: "none"
        case .policy(let policy): policy.mode.rawValue
        case .failed(let failure): failure.words
        case .unreadable: "unreadable"
        }
    }

    @Test("without a record nothing is fetched")
    func absent() async {
        let policies = ScriptedPolicies(.success(MTASTSPolicy.text("enforce")))
        #expect(await directory(policies).finding(for: domain) == .none)
        #expect(policies.count == 0)
    }

    @Test("a policy is fetched once an edition, and the DNS is asked once a minute")
    func editions() async {
        publish("1")
        let policies = ScriptedPolicies(
            .success(MTASTSPolicy.text("testing")), .success(MTASTSPolicy.text("enforce")))
        let directory = directory(policies)
        #expect(mode(await directory.finding(for: domain)) == "testing")
        publish("2")
        #expect(mode(await directory.finding(for: domain)) == "testing")
        clock.advance(61)
        #expect(mode(await directory.finding(for: domain)) == "enforce")
        clock.advance(61)
        #expect(mode(await directory.finding(for: domain)) == "enforce")
        #expect(policies.count == 2)
        #expect(dns.world.withLock { $0.asked.count } == 3)
    }

    @Test("a policy that lives holds though its record goes, the DNS fails or its server is down (RFC 8461 §5.1)")
    func holds() async {
        publish("1")
        let policies = ScriptedPolicies(.success(MTASTSPolicy.text("enforce", age: 90_000)), .failure(down))
        let directory = directory(policies)
        #expect(mode(await directory.finding(for: domain)) == "enforce")
        publish(nil)
        clock.advance(61)
        #expect(mode(await directory.finding(for: domain)) == "enforce")
        dns.world.withLock { _ = $0.failing.insert("_mta-sts.rome.example") }
        clock.advance(61)
        #expect(mode(await directory.finding(for: domain)) == "enforce")
        dns.world.withLock { $0.failing = [] }
        publish("2")
        clock.advance(61)
        #expect(mode(await directory.finding(for: domain)) == "enforce")
        #expect(policies.count == 2)
        // At the end of its life it ends.
        clock.advance(90_000)
        #expect(mode(await directory.finding(for: domain)) == "down")
    }

    @Test("a policy is fetched anew after a day, and lives on from there")
    func refresh() async {
        publish("1")
        let policies = ScriptedPolicies(.success(MTASTSPolicy.text("enforce", age: 100_000)))
        let directory = directory(policies)
        for _ in 0..<4 {
            #expect(mode(await directory.finding(for: domain)) == "enforce")
            clock.advance(86_401)
        }
        #expect(policies.count == 4)
    }

    @Test("a fetch that failed is tried again after five minutes, not before, and is reported meanwhile")
    func backoff() async {
        publish("1")
        let policies = ScriptedPolicies(.failure(down), .success(MTASTSPolicy.text("enforce")))
        let directory = directory(policies)
        for _ in 0..<4 {
            #expect(mode(await directory.finding(for: domain)) == "down")
            clock.advance(61)
        }
        #expect(policies.count == 1)
        clock.advance(61)
        #expect(mode(await directory.finding(for: domain)) == "enforce")
    }

    @Test("a policy that cannot be read is none, and says why")
    func invalid() async {
        publish("1")
        let finding = await directory(ScriptedPolicies(.success("<html>"))).finding(for: domain)
        #expect(
            finding
                == .failed(
                    TLSFailure(.stsPolicyInvalid, "the MTA-STS policy is invalid: expected key: value at offset 0")))
    }

    @Test("mode none takes a policy back")
    func takenBack() async {
        publish("1")
        let directory = directory(
            ScriptedPolicies(.success(MTASTSPolicy.text("enforce")), .success(MTASTSPolicy.text("none"))))
        #expect(mode(await directory.finding(for: domain)) == "enforce")
        publish("2")
        clock.advance(61)
        #expect(await directory.finding(for: domain) == .none)
    }

    @Test("policies outlive the process, and the window on them")
    func restart() async {
        publish("1")
        #expect(
            mode(await directory(ScriptedPolicies(.success(MTASTSPolicy.text("enforce")))).finding(for: domain))
                == "enforce")
        publish(nil)
        let next = directory(ScriptedPolicies(.failure(down)), capacity: 1)
        #expect(mode(await next.finding(for: domain)) == "enforce")
        #expect(await next.finding(for: .named("oslo.example")) == .none)
        #expect(mode(await next.finding(for: domain)) == "enforce")
    }

    @Test("a store that is broken does not cost a policy that can be fetched")
    func brokenStore() async {
        publish("1")
        await store.setBroken(true)
        let directory = directory(ScriptedPolicies(.success(MTASTSPolicy.text("enforce"))))
        #expect(mode(await directory.finding(for: domain)) == "enforce")
    }

    @Test("what cannot be read and not be fetched is not taken for no policy", arguments: [nil, "1"])
    func unreadable(_ record: String?) async {
        publish("1")
        _ = await directory(ScriptedPolicies(.success(MTASTSPolicy.text("enforce")))).finding(for: domain)
        publish(record)
        await store.setBroken(true)
        let next = directory(ScriptedPolicies(.failure(down)))
        #expect(await next.finding(for: domain) == .unreadable)
        await store.setBroken(false)
        #expect(mode(await next.finding(for: domain)) == "enforce")
    }

    @Test("a store that is broken is told of once a minute, however many ask")
    func oneWordAMinute() async throws {
        await store.setBroken(true)
        let words = Mutex<[String]>([])
        let directory = MTASTSDirectory(
            dns: dns, fetcher: ScriptedPolicies(.failure(down)), store: store, now: clock.now,
            report: { word in words.withLock { $0.append(word) } })
        for number in 0..<50 { _ = await directory.finding(for: try Domain(parsing: "d\(number).example")) }
        #expect(words.withLock { $0.count } == 1)
        clock.advance(61)
        _ = await directory.finding(for: domain)
        #expect(
            words.withLock { $0.last?.hasSuffix("so were those of 49 others since the last of these words") == true })
    }

    @Test("those who ask together wait for one answer")
    func together() async {
        publish("1")
        let policies = ScriptedPolicies(
            .success(MTASTSPolicy.text("enforce")), meanwhile: { for _ in 0..<100 { await Task.yield() } })
        let directory = directory(policies)
        let findings = await withTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { mode(await directory.finding(for: domain)) } }
            return await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(findings == ["enforce"] && policies.count == 1)
    }
}
