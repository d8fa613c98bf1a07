// SPDX-License-Identifier: Apache-2.0

import API
import AWSAccess
import AWSWire
import Access
import CloudTrail
import CloudWatch
import DNS
import Delivery
import Foundation
import IAM
import Journal
import Logging
import Mail
import NIOPosix
import NIOSSL
import Operator
import Organizations
import Queue
import Resolver
import S3
import SESv1
import SESv2
import SMTP
import SMTPListener
import SMTPTransport
import SNS
import SQLite
import STS
import Sending
import ServiceLifecycle
import Settings
import Shipping
import Trail
import UnixSignals

/// The house, built: every room's parts, made in the order in which they need each other.
struct Server {
    let configuration: ServerConfiguration
    let logger: Logger
    let now: Now = { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
    let random: RandomBits = { UInt64.random(in: 0...(.max)) }
    let measures: AcceptMeasures

    init(_ configuration: ServerConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        measures = AcceptMeasures(
            account: configuration.accountID, times: configuration.telemetry.traces.map { _ in AcceptTimes() },
            now: now)
    }

    func run() async throws {
        let stores = try await Stores(configuration)
        let dns = try UnboundResolver(
            .init(servers: configuration.resolver.servers, trustAnchor: configuration.resolver.trustAnchor))
        let trade = try await Trade(self, stores, dns: dns)
        let telemetry = try await Telemetry(self, stores)
        let smtp = try smtpListener(trade, stores)
        try await smtp.bind()
        let inbound = try inboundListener(trade.inbound, stores)
        try await inbound?.bind()
        let health = HealthCheck(
            trade: trade, stores: stores, smtp: smtp, inbound: inbound, telemetry: telemetry, now: now)
        let api = try APIServer(
            .init(
                host: configuration.api.host, port: configuration.api.port,
                tls: try configuration.apiTLS.map {
                    try Certificates.server($0, hostname: configuration.smtp.hostname)
                },
                vpcEndpoint: configuration.apiVPCEndpoint
            ),
            router: router(trade, stores, health),
            health: {
                let report = await health.report()
                return (report.summary.map { ($0.part, $0.state.rawValue) }, HealthCheck.canWork(report))
            },
            confirm: { [verification = trade.verification] in try await verification.confirm(token: $0) },
            pages: { [pages = trade.notifications.pages] in try await pages.answer(path: $0, query: $1, from: $2) },
            logger: logger,
            bound: { logger.info("api listens", metadata: ["port": "\($0)"]) })
        announce()
        try await announceLockedOut(trade)
        let meter = AttemptMeter()
        let dispatcher = Dispatcher(queue: trade.queue, attempt: trade.attempt, meter: meter)
        let verifier = VerifierService(
            verifier: trade.verifier, interval: configuration.identities.checkInterval, logger: logger)
        var services: [any Service] = [
            TrailService(parts: trade.trail, shippers: trade.copies.shippers, logger: logger)
        ]
        services.append(SignInCounts(access: trade.access, logger: logger))
        if !trade.copies.shippers.isEmpty { services.append(trade.copies) }
        services.append(DeliveryService(queue: trade.queue, dispatcher: dispatcher))
        services.append(AddressService(addresses: trade.addresses, queue: trade.queue, attempt: trade.attempt))
        services.append(NoticeService(delivery: trade.notifications.delivery))
        services.append(MonitoringService(parts: trade.monitoring, logger: logger))
        services.append(MessageIndexService(index: stores.messages, logger: logger))
        services.append(trade.rules)
        if trade.identities.mode == .dns { services.append(verifier) }
        services.append(
            SuppressionService(
                reader: SuppressionReader(
                    facts: stores.spool, cursors: stores.records, list: trade.suppression,
                    sent: .init(
                        configurationSets: trade.configurationSets,
                        identity: { [identities = trade.identities] in try await identities.identity($0, in: $1) },
                        history: { [spool = stores.spool] in try await spool.timeline($0) })),
                logger: logger))
        services.append(KeyAgeWatch(access: trade.access, logger: logger))
        services += trade.strangers.services(self, trade, dns: dns)
        services += try consoleServices(stores, trade)
        services += feedbackServices(trade.inbound)
        services += try metricsServices(
            trade, stores, smtp, trade.inbound, meter, telemetry, health: health.report)
        services += try telemetry.traceServices()
        services += [api, smtp]
        services += [inbound].compactMap(\.self)
        // Later services may use earlier ones; shutdown runs in reverse.
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        // Whoever is still half way through a request then is cut off; nothing that was accepted depends on it.
        group.maximumGracefulShutdownDuration = .seconds(45)
        try await ServiceGroup(configuration: group).run()
    }

    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    private func announce() {
        if configuration.identities.verification == .automatic {
            logger.warning("EVERY IDENTITY COUNTS AS VERIFIED: identities.verification is automatic")
        } else if configuration.delivery.route == .capture {
            logger.notice("the route is capture: mail goes into the inbox, and identities are verified at once")
        }
        if configuration.masterKey == nil {
            logger.notice(
                "secrets are sealed with \(configuration.dataDirectory)/master.key: keep it elsewhere with master-key")
        }
        if configuration.smtp.tls == nil { logger.notice("smtp uses a self-signed certificate: smtp.tls is not set") }
        if configuration.spool.synchronous == .normal {
            logger.warning("MAIL IS NOT SAFE AGAINST POWER LOSS: spool.synchronous is normal")
        }
    }

    private func router(_ trade: Trade, _ stores: Stores, _ health: HealthCheck) -> ServiceRouter {
        let v1 = SESv1Services(
            access: trade.access, gate: trade.gate, identities: trade.identities, quota: trade.quota,
            configurationSets: trade.configurationSets, accounts: trade.accounts, templates: trade.templates,
            verification: trade.verification, counts: stores.metrics, now: now, random: random)
        let v2 = SESv2Services(
            access: trade.access, gate: trade.gate, identities: trade.identities, quota: trade.quota,
            configurationSets: trade.configurationSets, addresses: trade.addresses, accounts: trade.accounts,
            suppression: trade.suppression, templates: trade.templates, verification: trade.verification,
            counts: stores.metrics, now: now, random: random)
        return ServiceRouter(
            region: configuration.region,
            services: [
                "ses": [SESv2Catalogue.make(v2), SESv1Catalogue.make(v1)],
                "sts": [STSCatalogue.make(trade.access)],
                "iam": [IAMCatalogue.make(trade.access)],
                "sns": [SNSCatalogue.make(SNSServices(access: trade.access, publisher: trade.notifications.publisher))],
                "monitoring": CloudWatchCatalogue.make(trade.monitoring.services),
                "organizations": [OrganizationsCatalogue.make(trade.access)],
                "postern": [
                    OperatorCatalogue.make(
                        access: trade.access, identities: trade.identities, queue: queueServices(trade, stores),
                        trails: trade.trail.book, archive: trade.trail.archive, health: health.report)
                ],
                "cloudtrail": [
                    CloudTrailCatalogue.make(
                        TrailServices(
                            access: trade.access, book: trade.trail.book, archive: trade.trail.archive,
                            store: stores.trail))
                ],
                "logs": [logs(trade, stores)],
            ],
            objects: ["s3": S3Door(access: trade.access, book: trade.trail.book, root: trade.trail.root)],
            credentials: AccessCredentials(trade.access), now: { Int64(Date().timeIntervalSince1970) },
            report: { id, error in
                logger.error("operation failed", metadata: ["request-id": "\(id)", "error": "\(error)"])
            }, recorder: TrailRecorder(access: trade.access))
    }

    private func queueServices(_ trade: Trade, _ stores: Stores) -> QueueServices {
        QueueServices(
            access: trade.access, desk: QueueDesk(queue: trade.queue, spool: stores.spool, now: now),
            messages: stores.messages, addresses: trade.addresses, managementAccount: configuration.accountID, now: now)
    }

    private func smtpListener(_ trade: Trade, _ stores: Stores) throws -> SMTPListener {
        var limits = ListenerLimits()
        limits.sessions = configuration.smtp.maximumSessions
        limits.sessionsPerAddress = configuration.smtp.maximumSessionsPerAddress
        let tls = try Certificates.server(configuration.smtp.tls, hostname: configuration.smtp.hostname)
        return SMTPListener(
            try listeners(trade), hostname: configuration.smtp.hostname, limits: limits,
            sslContext: try NIOSSLContext(configuration: tls),
            service: GateService(access: trade.access, gate: trade.gate, queue: trade.queue, drafts: stores.drafts),
            group: MultiThreadedEventLoopGroup.singleton, logger: logger)
    }

    private func listeners(_ trade: Trade) throws -> [ListenerConfiguration] {
        let submission = configuration.smtp.submission.map { listener in
            ListenerConfiguration(
                host: listener.endpoint.host, port: listener.endpoint.port, isImplicitTLS: listener.implicitTLS,
                vpcEndpoint: listener.vpcEndpoint)
        }
        let trusted = try configuration.smtp.trusted.map { trusted in
            guard let principal = trade.access.principal(named: trusted.principal) else {
                throw ConfigurationError(
                    "'smtp.trusted' names the principal '\(trusted.principal)', which does not exist")
            }
            let networks = try trusted.networks.map { text in
                guard let network = Network(text) else {
                    throw ConfigurationError("'smtp.trusted': '\(text)' is not a network")
                }
                return network
            }
            return ListenerConfiguration(
                host: trusted.listener.endpoint.host, port: trusted.listener.endpoint.port,
                isImplicitTLS: trusted.listener.implicitTLS, vpcEndpoint: trusted.listener.vpcEndpoint,
                trust: .init(networks: networks, principal: principal))
        }
        return submission + trusted
    }
}
