// SPDX-License-Identifier: Apache-2.0

package import DNS
package import Mail
package import SMTP

/// Finds the hosts for a recipient domain (RFC 5321 §5.1).
package struct Router: Sendable {
    /// Hosts that one try goes through, and addresses of each.
    package static let maximumHosts = 5
    package static let maximumAddresses = 5

    package enum Decision: Hashable, Sendable {
        /// In the order of trying; never empty.
        case targets([Target])
        /// Nowhere to go, now (4yz) or ever (5yz).
        case unreachable(Reply)
    }

    private let dns: any DNSLookup
    private let random: RandomBits
    private let isOurs: @Sendable (Target) -> Bool

    /// - Parameter isOurs: whether a target is a listener of this server, to which no mail is sent.
    package init(
        dns: any DNSLookup, random: @escaping RandomBits, isOurs: @escaping @Sendable (Target) -> Bool = { _ in false }
    ) {
        self.dns = dns
        self.random = random
        self.isOurs = isOurs
    }

    package func targets(for domain: Domain, port: Int) async -> Decision {
        guard !Self.isAddress(domain.description) else {
            return .unreachable(Reply(550, .init(5, 1, 2), "\(domain) is not a domain"))
        }
        let answer = await dns.mx(domain.description)
        switch answer.status {
        case .failed(let reason): return .unreachable(Reply(451, .init(4, 4, 3), "DNS lookup failed: \(reason)"))
        case .noName: return .unreachable(Reply(550, .init(5, 1, 2), "Domain \(domain) does not exist"))
        case .noData: return await targets(implicitMX(domain), port: port, of: domain)
        case .found where answer.records.isEmpty: return await targets(implicitMX(domain), port: port, of: domain)
        case .found:
            let hosts = ordered(answer.records)
            // Null MX (RFC 7505 §3)
            guard !hosts.isEmpty else {
                return .unreachable(Reply(556, .init(5, 1, 10), "Domain \(domain) does not accept mail"))
            }
            return await targets(hosts, port: port, of: domain)
        }
    }

    /// A fixed next hop: by our own resolver, or by the system's where ours does not know the name (`/etc/hosts`).
    package func relay(_ host: String, port: Int, tls: ClientSession.TLS) async -> Decision {
        let records = Self.isAddress(host) ? [] : await dns.addresses(host).records
        let addresses = Self.alternating(records).prefix(Self.maximumAddresses).map(\.address)
        let targets = (addresses.isEmpty ? [host] : addresses).map {
            Target(host: $0, port: port, serverName: host, tls: tls)
        }
        guard !targets.contains(where: isOurs) else {
            return .unreachable(Reply(554, .init(5, 4, 6), "The relay \(host):\(port) is this server itself"))
        }
        return .targets(targets)
    }

    private func implicitMX(_ domain: Domain) -> [MXRecord] { [MXRecord(preference: 0, exchange: domain.description)] }

    // Chance decides among equals, which shares the load (RFC 5321 §5.1).
    private func ordered(_ records: [MXRecord]) -> [MXRecord] {
        let shuffled = records.filter { !$0.exchange.isEmpty }.map { ($0, random()) }
        return shuffled.sorted { ($0.0.preference, $0.1) < ($1.0.preference, $1.1) }.map(\.0)
    }

    private func targets(_ hosts: [MXRecord], port: Int, of domain: Domain) async -> Decision {
        var found: [(preference: UInt16, target: Target)] = []
        var failure: String?
        for host in hosts.prefix(Self.maximumHosts) where !Self.isAddress(host.exchange) {
            let answer = await dns.addresses(host.exchange)
            if case .failed(let reason) = answer.status { failure = reason }
            let targets = Self.alternating(answer.records).prefix(Self.maximumAddresses).map {
                Target(host: $0.address, port: port, serverName: host.exchange, tls: .opportunistic)
            }
            // Where we are an exchanger ourselves, only better ones may be asked: others would send it back to us.
            if targets.contains(where: isOurs) {
                let better = found.filter { $0.preference < host.preference }.map(\.target)
                let loop = Reply(554, .init(5, 4, 6), "Mail for \(domain) loops back to this server")
                return better.isEmpty ? .unreachable(loop) : .targets(better)
            }
            found += targets.map { (host.preference, $0) }
        }
        if !found.isEmpty { return .targets(found.map(\.target)) }
        if let failure { return .unreachable(Reply(451, .init(4, 4, 3), "DNS lookup failed: \(failure)")) }
        return .unreachable(Reply(550, .init(5, 4, 4), "No mail exchanger of \(domain) has an address"))
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
