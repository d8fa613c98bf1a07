// SPDX-License-Identifier: Apache-2.0

import Access
import DNS
import Delivery
import Journal
import Mail
import NIOPosix
import Queue
import SMTP
import SMTPTransport
import Sending
import Settings

/// The trade rooms, furnished.
struct Trade: Sendable {
    let access: AccessControl
    let identities: IdentityDirectory
    let verifier: IdentityVerifier
    let book: IdentityBook
    let quota: SendingQuota
    let configurationSets: Shelf<ConfigurationSet>
    let templates: Shelf<EmailTemplate>
    let verification: CustomVerification
    let queue: DeliveryQueue
    let gate: Gate
    let attempt: Attempt

    init(_ server: Server, _ stores: Stores, dns: any DNSLookup) async throws {
        let configuration = server.configuration
        let route = Self.route(configuration.delivery)
        access = try await Self.access(server, stores)
        let sealed = try await stores.identities(access.sealer)
        book = IdentityBook(store: sealed, now: server.now)
        let automatic = configuration.identities.verification == .automatic || configuration.delivery.route == .capture
        verifier = IdentityVerifier(store: sealed, book: book, dns: dns, now: server.now)
        configurationSets = Shelf(store: stores.records, region: configuration.region, now: server.now)
        templates = Shelf(store: stores.records, region: configuration.region, now: server.now)
        quota = SendingQuota(
            limits: .init(perDay: configuration.quota.perDay, perSecond: configuration.quota.perSecond))
        try await Self.restore(quota, from: stores.spool, now: server.now())
        var limits = Schedule.Limits()
        limits.inFlight = configuration.delivery.concurrency
        limits.inFlightPerSite = configuration.delivery.siteConcurrency
        queue = DeliveryQueue(spool: stores.spool, limits: limits, now: server.now)
        await queue.setHold(configuration.delivery.hold)
        let settings = GateSettings(
            region: configuration.region, hostname: configuration.smtp.hostname,
            lifetime: configuration.delivery.lifetime, site: { route.site(of: $0) })
        let addresses = configuration.publicURL.map { [queue, quota] url in
            AddressVerification(publicURL: url, settings: settings, queue: queue, quota: quota, random: server.random)
        }
        identities = IdentityDirectory(
            region: configuration.region, mode: automatic ? .automatic : .dns, guardrails: access.guardrails,
            signingHostedZone: configuration.identities.signingHostedZone, addresses: addresses, store: sealed,
            book: book,
            now: server.now, random: server.random)
        try await identities.requirePoliciesInsideGuardrails()
        gate = Gate(
            settings: settings,
            access: access, identities: book, configurationSets: configurationSets, quota: quota, queue: queue,
            now: server.now, random: server.random)
        verification = CustomVerification(
            records: stores.records, identities: identities, gate: gate, publicURL: configuration.publicURL,
            random: server.random)
        let transport = try NIOTransport(
            .init(hostname: configuration.smtp.hostname, trust: configuration.delivery.trust),
            group: MultiThreadedEventLoopGroup.singleton)
        let own = OwnEndpoints(
            (configuration.smtp.submission + configuration.smtp.trusted.map(\.listener)).map {
                ($0.endpoint.host, $0.endpoint.port)
            }, now: server.now)
        attempt = Attempt(
            .init(
                route: route, router: Router(dns: dns, random: server.random, isOurs: { own.contains($0) }),
                transport: transport,
                inbox: stores.inbox,
                keys: IdentityKeys(book), spool: stores.spool,
                retry: RetrySchedule(delays: configuration.delivery.retry),
                now: server.now, random: server.random, logger: server.logger))
    }

    private static func access(_ server: Server, _ stores: Stores) async throws -> AccessControl {
        let configuration = server.configuration
        let directory = try await AccessDirectory(
            store: stores.records, managementAccount: configuration.accountID, now: server.now, random: server.random)
        try await directory.foundOrganization()
        let master =
            try configuration.masterKey.map { try MasterKey.read($0) }
            ?? MasterKey.beside(configuration.dataDirectory, isFirstStart: !directory.holdsSealedSecrets)
        let previous = try configuration.previousMasterKey.map { try MasterKey.read($0) }
        let sealer: SecretSealer
        do {
            sealer = try await directory.sealer(master: master, previous: previous)
        } catch let failure as SealFailure {
            throw ConfigurationError(failure.description)
        }
        return AccessControl(
            region: configuration.region, root: AccessKey(id: configuration.root.id, secret: configuration.root.secret),
            directory: directory, sealer: sealer, guardrails: try Guardrails(configuration.guardrails))
    }

    private static func route(_ delivery: ServerConfiguration.Delivery) -> Route {
        switch delivery.route {
        case .capture: return .capture
        case .mx: return .mx(port: delivery.mxPort)
        case .relay:
            let tls: ClientSession.TLS =
                switch delivery.relayTLS {
                case .require: .require
                case .opportunistic: .opportunistic
                case .none: .none
                }
            return .relay(host: delivery.relay?.host ?? "", port: delivery.relay?.port ?? 25, tls: tls)
        }
    }

    // What was sent in the last day is read back from the facts, so that a restart gives nobody a fresh quota.
    private static func restore(_ quota: SendingQuota, from facts: any FactStream, now: Timestamp) async throws {
        var sequence: Int64 = 0
        while true {
            let page = try await facts.facts(after: sequence, limit: 1_000)
            guard let last = page.last else { return }
            for recorded in page where now - recorded.fact.at < 86_400 {
                if case .accepted(let accepted) = recorded.fact.event {
                    quota.restore(accepted.recipients.count, for: recorded.fact.account, at: recorded.fact.at)
                }
            }
            sequence = last.sequence
        }
    }
}
