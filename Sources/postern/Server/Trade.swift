// SPDX-License-Identifier: Apache-2.0

import Access
import DNS
import Delivery
import Journal
import Logging
import Mail
import Queue
import Sending
import Settings
import Shipping

/// The trade rooms, furnished.
struct Trade: Sendable {
    let access: AccessControl
    let identities: IdentityDirectory
    let verifier: IdentityVerifier
    let book: IdentityBook
    let quota: SendingQuota
    let accounts: AccountSettings
    let addresses: DedicatedAddresses
    let suppression: SuppressionList
    let configurationSets: ConfigurationSets
    let templates: Shelf<EmailTemplate>
    let verification: CustomVerification
    let queue: DeliveryQueue
    let gate: Gate
    let attempt: Attempt
    let strangers: StrangersTLS
    let systemMail: QueuedSystemMail
    let inbound: Inbound
    let rules: RulesService
    let trail: TrailParts
    let copies: Copies
    let notifications: Notifications
    let monitoring: MonitoringParts

    init(_ server: Server, _ stores: Stores, dns: any DNSLookup) async throws {
        let configuration = server.configuration
        let files = OperatorRules(
            providerFile: configuration.delivery.providerRules, replyFile: configuration.delivery.replyRules)
        let texts = try files.texts()
        let judgement = ReplyJudgement(replies: try files.replies(texts), providers: try files.providers(texts))
        strangers = try StrangersTLS(server, store: stores.tls, dns: dns)
        let way = try WayOut(server, dns: dns, judgement: judgement, strangers: strangers)
        access = try await Self.access(server, stores)
        trail = try await TrailParts(server, stores, access: access)
        copies = try Copies(server, stores, trail: trail, directory: access.directory)
        let sealed = try await stores.identities(access.sealer)
        book = IdentityBook(store: sealed, now: server.now)
        let automatic = configuration.identities.verification == .automatic || configuration.delivery.route == .capture
        let feedbackHost = configuration.smtp.bounceDomain
        verifier = IdentityVerifier(store: sealed, book: book, dns: dns, feedbackHost: feedbackHost, now: server.now)
        accounts = AccountSettings(store: stores.records, region: configuration.region, now: server.now)
        addresses = DedicatedAddresses(
            store: stores.records, accounts: accounts, region: configuration.region,
            hostname: configuration.smtp.hostname, now: server.now)
        try await addresses.open(
            declared: configuration.delivery.addresses.map {
                DeclaredAddress(address: $0.ip, hostname: $0.hostname, pool: $0.pool, account: $0.account)
            }, accounts: access.accountsInOrder)
        suppression = SuppressionList(store: stores.records, accounts: accounts, now: server.now)
        configurationSets = ConfigurationSets(
            store: stores.records, region: configuration.region, identities: book, addresses: addresses,
            now: server.now)
        templates = Shelf(store: stores.records, region: configuration.region, now: server.now)
        quota = SendingQuota(
            limits: .init(perDay: configuration.quota.perDay, perSecond: configuration.quota.perSecond))
        try await Self.restore(quota, from: stores.spool, now: server.now())
        var limits = Schedule.Limits()
        limits.inFlight = configuration.delivery.concurrency
        limits.inFlightPerSite = configuration.delivery.siteConcurrency
        queue = DeliveryQueue(
            spool: stores.spool, sites: way.sites, addresses: addresses.sendingAddresses,
            rules: judgement.providers, limits: limits, now: server.now, random: server.random,
            report: { [logger = server.logger] in
                logger.error("the queue found a fault", metadata: ["fault": "\($0)"])
            })
        await queue.setHold(configuration.delivery.hold)
        rules = RulesService(
            files: files, judgement: judgement, queue: queue, directory: way.directory, logger: server.logger,
            first: texts)
        let settings = GateSettings(
            region: configuration.region, hostname: configuration.smtp.hostname,
            lifetime: configuration.delivery.lifetime,
            bounceDomain: configuration.smtp.inbound.isEmpty ? nil : configuration.smtp.bounceDomain,
            site: { [route = way.route] in route.destination(of: $0) })
        let verificationMail = configuration.publicURL.map { [queue, quota] url in
            AddressVerification(publicURL: url, settings: settings, queue: queue, quota: quota, random: server.random)
        }
        identities = IdentityDirectory(
            region: configuration.region, mode: automatic ? .automatic : .dns, guardrails: access.guardrails,
            signingHostedZone: configuration.identities.signingHostedZone, feedbackHost: feedbackHost,
            addresses: verificationMail, store: sealed, book: book, now: server.now, random: server.random)
        try await identities.requirePoliciesInsideGuardrails()
        let secrets = ReturnPathSecrets(
            records: stores.records, sealer: access.sealer, account: configuration.accountID, now: server.now,
            random: server.random)
        let keys = try await secrets.load()
        let returnPaths = configuration.smtp.inbound.isEmpty ? nil : SignedReturnPaths(keys: keys)
        systemMail = QueuedSystemMail(
            settings: settings, managementAccount: configuration.accountID, guardrails: access.guardrails, queue: queue,
            now: server.now, random: server.random)
        notifications = try Notifications(server, stores, access: access, dns: dns, mail: systemMail)
        monitoring = MonitoringParts(
            server, stores, access: access, copies: copies.shippers, publisher: notifications.publisher)
        inbound = Inbound(
            server, stores, keys: keys, secrets: secrets, identities: book, mail: systemMail,
            rules: { judgement.replies })
        gate = Gate(
            settings: settings,
            access: access, identities: book, configurationSets: configurationSets, addresses: addresses,
            accounts: accounts, suppression: suppression, returnPaths: returnPaths, quota: quota, queue: queue,
            fullSink: { [shippers = copies.shippers] in shippers.refusing },
            observe: server.measures.observe, now: server.now, random: server.random)
        verification = CustomVerification(
            records: stores.records, identities: identities, gate: gate, publicURL: configuration.publicURL,
            random: server.random)
        attempt = Attempt(
            .init(
                route: way.route, router: way.router, directory: way.directory, transport: way.transport,
                posture: way.posture, inbox: stores.inbox, keys: IdentityKeys(book),
                options: CurrentTerms(
                    source: DeliveryOptionsSource(
                        configurationSets: configurationSets, addresses: addresses, guardrails: access.guardrails)),
                judge: judgement, spool: stores.spool, retry: RetrySchedule(delays: configuration.delivery.retry),
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

    // What was sent in the last day is read back from the facts, so that a restart gives nobody a fresh quota.
    private static func restore(_ quota: SendingQuota, from facts: any FactStream, now: Timestamp) async throws {
        var sequence: Int64 = 0
        while true {
            let page = try await facts.facts(after: sequence, limit: 1_000)
            guard let last = page.last else { return }
            for recorded in page where now - recorded.fact.at < 86_400 {
                if case .accepted(let accepted) = recorded.fact.event, accepted.door != QueuedSystemMail.door {
                    let counted = accepted.recipients.count { !SimulatorAddress.isOne($0) }
                    quota.restore(counted, for: recorded.fact.account, at: recorded.fact.at)
                }
            }
            sequence = last.sequence
        }
    }
}
