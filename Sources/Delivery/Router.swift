// SPDX-License-Identifier: Apache-2.0

package import DNS
package import Mail

/// Asks the DNS where a domain's mail goes (RFC 5321 §5.1), and says in which order the hosts are tried.
package struct Router: Sendable {
    /// Hosts that one try goes through, and addresses of each.
    package static let maximumHosts = 5
    package static let maximumAddresses = 5
    /// Hosts whose addresses are looked up: more than one try uses, so that many equal ones share the load.
    static let maximumKnownHosts = 10
    /// Seconds an answer is believed, whatever its own time is; a failure the least.
    static let lifetimes = 30.0...3_600.0

    package typealias IsOurs = @Sendable (_ address: String, _ port: Int) -> Bool

    package enum Decision: Hashable, Sendable {
        /// In the order of trying; never empty.
        case hosts([Exchangers.Host])
        /// Nowhere to go, now (4yz) or ever (5yz).
        case unreachable(Reply)
    }

    private let dns: any DNSLookup
    private let random: RandomBits
    private let isOurs: IsOurs

    /// - Parameter isOurs: whether an address and port is a listener of this server, to which no mail is sent.
    package init(dns: any DNSLookup, random: @escaping RandomBits, isOurs: @escaping IsOurs = { _, _ in false }) {
        self.dns = dns
        self.random = random
        self.isOurs = isOurs
    }
}

// MARK: - Order

extension Router {
    /// The hosts of a domain for one try: chance decides among equals, which shares the load.
    package func order(_ exchangers: Exchangers, port: Int, of domain: Domain) -> Decision {
        if let failure = exchangers.failure { return .unreachable(failure) }
        let hosts = exchangers.hosts.count > 1 ? shuffled(exchangers.hosts) : exchangers.hosts
        var found: [Exchangers.Host] = []
        for host in hosts.prefix(Self.maximumHosts) {
            // Where we are an exchanger ourselves, only better ones may be asked: others would send it back to us.
            if host.addresses.contains(where: { isOurs($0.address, port) }) {
                found.removeAll { $0.preference >= host.preference }
                guard found.isEmpty else { break }
                return .unreachable(Reply(554, .init(5, 4, 6), "Mail for \(domain) loops back to this server"))
            }
            if !host.addresses.isEmpty { found.append(host) }
        }
        if !found.isEmpty { return .hosts(found) }
        if let failure = hosts.lazy.compactMap(\.failure).first { return .unreachable(Self.lookupFailed(failure)) }
        return .unreachable(Reply(550, .init(5, 4, 4), "No mail exchanger of \(domain) has an address"))
    }

    /// The hosts of a fixed next hop for one try.
    package func order(relay exchangers: Exchangers, _ name: String, port: Int) -> Decision {
        guard !exchangers.hosts.contains(where: { $0.addresses.contains { isOurs($0.address, port) } }) else {
            return .unreachable(Reply(554, .init(5, 4, 6), "The relay \(name):\(port) is this server itself"))
        }
        return .hosts(exchangers.hosts)
    }

    private func shuffled(_ hosts: [Exchangers.Host]) -> [Exchangers.Host] {
        hosts.map { ($0, random()) }.sorted { ($0.0.preference, $0.1) < ($1.0.preference, $1.1) }.map(\.0)
    }
}

// MARK: - Lookup

extension Router {
    package func exchangers(of domain: Domain) async -> Exchangers {
        let name = domain.description
        guard !Self.isAddress(name) else {
            return .none(Reply(550, .init(5, 1, 2), "\(domain) is not a domain"))
        }
        let answer = await dns.mx(name)
        let implicit = [MXRecord(preference: 0, exchange: name)]
        switch answer.status {
        case .failed(let reason):
            let isBogus = answer.security == .bogus
            return .none(
                isBogus
                    ? Reply(451, .init(4, 4, 3), "DNSSEC validation of \(domain) failed: \(reason)")
                    : Self.lookupFailed(reason))
        case .noName: return .none(Reply(550, .init(5, 1, 2), "Domain \(domain) does not exist"), answer)
        case .noData: return await exchangers(implicit, answer, isImplicit: true)
        case .found where answer.records.isEmpty: return await exchangers(implicit, answer, isImplicit: true)
        case .found: return await named(answer, of: domain)
        }
    }

    private func named(_ answer: Answer<MXRecord>, of domain: Domain) async -> Exchangers {
        let records = answer.records.filter { !$0.exchange.isEmpty }
        // Null MX (RFC 7505 §3)
        guard !records.isEmpty else {
            return .none(Reply(556, .init(5, 1, 10), "Domain \(domain) does not accept mail (null MX)"), answer)
        }
        let names = records.filter { !Self.isAddress($0.exchange) }
        guard !names.isEmpty else {
            let text = "The mail exchangers of \(domain) are addresses, not names (RFC 2181 §10.3)"
            return .none(Reply(550, .init(5, 4, 4), text), answer)
        }
        return await exchangers(names, answer, isImplicit: false)
    }

    /// A fixed next hop: by our own resolver, or by the system's where ours does not know the name (`/etc/hosts`).
    package func relay(_ host: String) async -> Exchangers {
        if Self.isAddress(host) {
            let record = AddressRecord(address: host, isIPv6: host.contains(":"))
            return Exchangers(
                hosts: [.init(preference: 0, name: host, addresses: [record], security: .insecure)],
                lifetime: Self.lifetimes.upperBound)
        }
        let found = await look(MXRecord(preference: 0, exchange: host))
        // A name in the place of the address is the system's to find.
        let addresses =
            found.host.addresses.isEmpty ? [AddressRecord(address: host, isIPv6: false)] : found.host.addresses
        let relay = Exchangers.Host(
            preference: 0, name: host, addresses: addresses, security: found.host.security)
        return Exchangers(hosts: [relay], security: .secure, lifetime: Self.clamped(found.lifetime))
    }

    private func exchangers(_ records: [MXRecord], _ answer: Answer<MXRecord>, isImplicit: Bool) async -> Exchangers {
        // Among many equals chance says which ones are known.
        let known = records.map { ($0, random()) }.sorted { ($0.0.preference, $0.1) < ($1.0.preference, $1.1) }
            .prefix(Self.maximumKnownHosts).map(\.0)
        let found = await withTaskGroup(of: (Int, Exchangers.Host, Int).self) { group in
            for (index, record) in known.enumerated() {
                group.addTask {
                    let found = await look(record)
                    return (index, found.host, found.lifetime)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }.sorted { $0.0 < $1.0 }
        let lifetime = found.reduce(answer.timeToLive) { min($0, $1.2) }
        return Exchangers(
            hosts: found.map(\.1), security: answer.security, isImplicit: isImplicit, lifetime: Self.clamped(lifetime))
    }

    private func look(_ record: MXRecord) async -> (host: Exchangers.Host, lifetime: Int) {
        let answer = await dns.addresses(record.exchange)
        var failure: String?
        if case .failed(let reason) = answer.status {
            failure = answer.security == .bogus ? "DNSSEC validation of \(record.exchange) failed: \(reason)" : reason
        }
        let host = Exchangers.Host(
            preference: record.preference, name: record.exchange,
            addresses: Array(Self.alternating(answer.records).prefix(Self.maximumAddresses)),
            security: answer.security, failure: failure)
        return (host, failure == nil ? answer.timeToLive : 0)
    }

    fileprivate static func clamped(_ seconds: Int) -> Double {
        min(max(Double(seconds), lifetimes.lowerBound), lifetimes.upperBound)
    }

    private static func lookupFailed(_ reason: String) -> Reply {
        Reply(451, .init(4, 4, 3), "DNS lookup failed: \(reason)")
    }

    // Neither family may use up the limit: a host whose way is broken in one is reached by the other.
    private static func alternating(_ records: [AddressRecord]) -> [AddressRecord] {
        let first = records.filter { $0.isIPv6 == records.first?.isIPv6 }
        let second = records.filter { $0.isIPv6 != records.first?.isIPv6 }
        let pairs = (0..<max(first.count, second.count)).map { index in
            first.dropFirst(index).prefix(1) + second.dropFirst(index).prefix(1)
        }
        return pairs.flatMap(\.self)
    }

    // An exchange must be a name (RFC 2181 §10.3), and no top-level name is a number (RFC 3696 §2).
    private static func isAddress(_ name: String) -> Bool {
        guard let last = name.split(separator: ".").last else { return true }
        return name.contains(":") || last.utf8.allSatisfy { (48...57).contains($0) }
    }
}

extension Exchangers {
    fileprivate static func none(_ reply: Reply, _ answer: Answer<MXRecord>? = nil) -> Exchangers {
        Exchangers(
            hosts: [], failure: reply, security: answer?.security ?? .insecure, lifetime: Router.lifetimes.lowerBound)
    }
}
