// SPDX-License-Identifier: Apache-2.0

package import DNS
package import Mail
package import SMTP

/// Where mail goes.
package enum Route: Hashable, Sendable {
    /// Into the inbox on this machine.
    case capture
    /// To one fixed next hop.
    case relay(host: String, port: Int, tls: ClientSession.TLS)
    /// To the recipient domain's mail exchangers.
    case mx(port: Int)

    /// The scheduling key: recipients with the same one are tried together, and limits count by it.
    package func site(of recipient: Mailbox) -> String {
        switch self {
        case .capture: "capture"
        case .relay: "relay"
        case .mx: recipient.domain.description
        }
    }
}

/// One host to try.
package struct Target: Hashable, Sendable {
    /// A name or an address.
    package let host: String
    package let port: Int
    /// The name its certificate must carry where TLS is required.
    package let serverName: String
    package let tls: ClientSession.TLS

    package init(host: String, port: Int, serverName: String, tls: ClientSession.TLS) {
        self.host = host
        self.port = port
        self.serverName = serverName
        self.tls = tls
    }
}

/// Finds the hosts for a recipient domain (RFC 5321 §5.1).
package struct Router: Sendable {
    /// Hosts and addresses of each that one try goes through.
    package static let maximumHosts = 5
    package static let maximumAddresses = 5

    package enum Decision: Hashable, Sendable {
        case targets([Target])
        /// Nowhere to go, now (4yz) or ever (5yz).
        case unreachable(Reply)
    }

    private let dns: any DNSLookup
    private let random: RandomBits

    package init(dns: any DNSLookup, random: @escaping RandomBits) {
        self.dns = dns
        self.random = random
    }

    package func targets(for domain: Domain, port: Int) async -> Decision {
        let answer = await dns.mx(domain.description)
        switch answer.status {
        case .failed(let reason): return .unreachable(Reply(451, .init(4, 4, 3), "DNS lookup failed: \(reason)"))
        case .noName: return .unreachable(Reply(550, .init(5, 1, 2), "Domain \(domain) does not exist"))
        case .found where answer.records.allSatisfy { $0.exchange.isEmpty }:
            // Null MX, RFC 7505
            return .unreachable(Reply(556, .init(5, 1, 10), "Domain \(domain) does not accept mail"))
        case .found:
            return await targets(hosts: ordered(answer.records), port: port, of: domain)
        case .noData:
            // Implicit MX: the domain itself
            return await targets(hosts: [domain.description], port: port, of: domain)
        }
    }

    /// A fixed next hop: by our own resolver, or by the system's where ours does not know the name (`/etc/hosts`).
    package func relay(_ host: String, port: Int, tls: ClientSession.TLS) async -> [Target] {
        let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
        let addresses = isAddress ? [] : await dns.addresses(host).records.prefix(Self.maximumAddresses).map(\.address)
        return (addresses.isEmpty ? [host] : Array(addresses)).map {
            Target(host: $0, port: port, serverName: host, tls: tls)
        }
    }

    private func ordered(_ records: [MXRecord]) -> [String] {
        let shuffled = records.filter { !$0.exchange.isEmpty }.map { ($0, random()) }
        return shuffled.sorted { ($0.0.preference, $0.1) < ($1.0.preference, $1.1) }.map(\.0.exchange)
    }

    private func targets(hosts: [String], port: Int, of domain: Domain) async -> Decision {
        var found: [Target] = []
        var failure: String?
        for host in hosts.prefix(Self.maximumHosts) {
            let answer = await dns.addresses(host)
            if case .failed(let reason) = answer.status { failure = reason }
            found += answer.records.prefix(Self.maximumAddresses).map {
                Target(host: $0.address, port: port, serverName: host, tls: .opportunistic)
            }
        }
        if !found.isEmpty { return .targets(found) }
        if let failure { return .unreachable(Reply(451, .init(4, 4, 3), "DNS lookup failed: \(failure)")) }
        return .unreachable(Reply(550, .init(5, 4, 4), "No mail exchanger of \(domain) has an address"))
    }
}
