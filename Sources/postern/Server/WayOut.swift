// SPDX-License-Identifier: Apache-2.0

import Authentication
import DNS
import Delivery
import Foundation
import Mail
import NIOPosix
import Queue
import SMTPTransport
import Sending
import Settings

/// What the queue and the attempts know of the way out of here: routes, exchangers, sites, protection.
struct WayOut {
    let route: Route
    let router: Router
    let directory: MXDirectory
    let transport: NIOTransport
    let posture: TLSPosture

    init(_ server: Server, dns: any DNSLookup, judgement: ReplyJudgement, strangers: StrangersTLS) throws {
        let configuration = server.configuration
        route = Self.route(configuration.delivery)
        let own = OwnEndpoints(
            (configuration.smtp.submission + configuration.smtp.trusted.map(\.listener)).map {
                ($0.endpoint.host, $0.endpoint.port)
            } + configuration.smtp.inbound.map { ($0.host, $0.port) }, now: server.now)
        router = Router(dns: dns, random: server.random, isOurs: { own.contains($0, $1) })
        directory = MXDirectory(router: router, now: server.now, provider: { judgement.provider(of: $0, hosts: $1) })
        let judge = PeerJudge(roots: try Self.roots(configuration.delivery.trust), now: server.now)
        transport = try NIOTransport(.init(judge: judge), group: MultiThreadedEventLoopGroup.singleton)
        posture = TLSPosture(
            .init(
                dns: dns, directory: strangers.directory, broken: BrokenTLSMemory(now: server.now),
                results: strangers.results,
                port: Self.port(route),
                floor: configuration.guardrails.requiresDeliveryTLS ? .tls12 : nil))
    }

    /// Sites are for mail that goes to exchangers; a next hop, or the inbox here, is a site of its own.
    var sites: any SiteFinder {
        if case .mx = route { return directory }
        return DomainSites()
    }

    private static func port(_ route: Route) -> Int {
        switch route {
        case .mx(let port), .relay(_, let port, _): port
        case .capture: 25
        }
    }

    private static func route(_ delivery: ServerConfiguration.Delivery) -> Route {
        switch delivery.route {
        case .capture: return .capture
        case .mx: return .mx(port: delivery.mxPort)
        case .relay:
            let tls: Route.RelayTLS =
                switch delivery.relayTLS {
                case .require: .require
                case .opportunistic: .opportunistic
                case .none: .none
                }
            return .relay(host: delivery.relay?.host ?? "", port: delivery.relay?.port ?? 25, tls: tls)
        }
    }

    /// Where systems keep the authorities that they trust.
    private static let systemRoots = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]

    private static func roots(_ own: [String]) throws -> TrustRoots {
        let system = systemRoots.first { FileManager.default.isReadableFile(atPath: $0) }
        let files = [system].compactMap(\.self) + own
        let texts = try files.map { path in
            do { return try String(contentsOfFile: path, encoding: .utf8) } catch {
                throw ConfigurationError("the CA file \(path) cannot be read: \(error)")
            }
        }
        do { return try TrustRoots(pem: texts) } catch {
            throw ConfigurationError("the CA file \(files[error.offset]) holds no certificate")
        }
    }
}

/// The senders' options as they are now, for the attempts.
struct CurrentTerms: SenderOptions {
    let source: DeliveryOptionsSource

    func terms(of message: SpooledMessage) async throws -> DeliveryTerms { try await source.terms(for: message) }
}
