// SPDX-License-Identifier: Apache-2.0

import Authentication
import DNS
import Logging
import Mail
import Reports
import Synchronization

@testable import Delivery

/// A DNS that says what a test tells it, and remembers what it was asked.
final class PostureDNS: DNSLookup {
    struct World: Sendable {
        var texts: [String: [String]] = [:]
        var failing: Set<String> = []
        var hosts: [String: Answer<AddressRecord>] = [:]
        var associations: [String: Answer<TLSARecord>] = [:]
        var asked: [String] = []
    }

    let world = Mutex(World())

    func mx(_ name: String) async -> Answer<MXRecord> { Self.absent() }

    func addresses(_ name: String) async -> Answer<AddressRecord> {
        world.withLock { $0.hosts[name] ?? Self.absent() }
    }

    func txt(_ name: String) async -> Answer<TXTRecord> {
        world.withLock { world in
            world.asked.append(name)
            if world.failing.contains(name) {
                return Answer(records: [], status: .failed(reason: "SERVFAIL"), security: .insecure, timeToLive: 0)
            }
            guard let texts = world.texts[name] else { return Self.absent() }
            return Answer(
                records: texts.map { TXTRecord(text: $0) }, status: .found, security: .insecure, timeToLive: 60)
        }
    }

    func tlsa(_ name: String) async -> Answer<TLSARecord> {
        world.withLock { world in
            world.asked.append(name)
            return world.associations[name] ?? Self.absent()
        }
    }

    private static func absent<Record: Sendable>() -> Answer<Record> {
        Answer(records: [], status: .noName, security: .insecure, timeToLive: 60)
    }

}

/// Policies as a web server gives them out, in turn; the last one stays.
final class ScriptedPolicies: PolicyFetching {
    private let script: Mutex<[Result<String, TLSFailure>]>
    private let fetched = Mutex(0)
    /// Lets something happen while a policy is fetched.
    let meanwhile: @Sendable () async -> Void

    init(_ script: Result<String, TLSFailure>..., meanwhile: @escaping @Sendable () async -> Void = {}) {
        self.script = Mutex(script)
        self.meanwhile = meanwhile
    }

    var count: Int { fetched.withLock { $0 } }

    func policy(of domain: Domain) async throws(TLSFailure) -> [UInt8] {
        await meanwhile()
        fetched.withLock { $0 += 1 }
        let next = script.withLock { $0.count > 1 ? $0.removeFirst() : $0.first }
        guard let next else { throw TLSFailure(.stsPolicyFetchError, "no script") }
        return Array(try next.get().utf8)
    }
}

/// Policies and counts in memory.
actor PostureStore: MTASTSStore, TLSResultStore {
    private var policies: [Domain: MTASTSStored] = [:]
    private var sessions: [TLSCount] = []
    private(set) var isBroken = false

    struct Broken: Error {}

    func setBroken(_ value: Bool) { isBroken = value }

    func policy(of domain: Domain) throws -> MTASTSStored? {
        if isBroken { throw Broken() }
        return policies[domain]
    }

    func keep(_ policy: MTASTSStored, of domain: Domain) throws {
        if isBroken { throw Broken() }
        policies[domain] = policy
    }

    func removePolicies(expiredBefore moment: Timestamp) {
        policies = policies.filter { $0.value.expiresAt >= moment }
    }

    func add(_ counts: [TLSCount]) throws {
        if isBroken { throw Broken() }
        sessions += counts
    }

    func domains(before moment: Timestamp) -> [(start: Timestamp, domain: Domain)] {
        var seen: Set<Domain> = []
        return sessions.filter { $0.start < moment && seen.insert($0.domain).inserted }.map { ($0.start, $0.domain) }
    }

    func counts(of domain: Domain, from start: Timestamp) -> [TLSCount] {
        sessions.filter { $0.domain == domain && $0.start == start }
    }

    func remove(_ domain: Domain, from start: Timestamp) {
        sessions.removeAll { $0.domain == domain && $0.start == start }
    }

    var all: [TLSCount] { sessions }
}

extension Domain {
    static func named(_ text: String) -> Domain {
        guard let domain = try? Domain(parsing: text) else { preconditionFailure("a domain in a test is none") }
        return domain
    }
}

extension MTASTSPolicy {
    static func text(_ mode: String, age: Int = 604_800, mx: String = "*.rome.example") -> String {
        "version: STSv1\nmode: \(mode)\nmx: \(mx)\nmax_age: \(age)"
    }
}
