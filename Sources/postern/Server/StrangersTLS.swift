// SPDX-License-Identifier: Apache-2.0

import DNS
import Delivery
import Logging
import Mail
import NIOPosix
import SQLite
import ServiceLifecycle
import Settings
import WebClient

/// What is asked of recipient domains about their TLS, and what they are told of it.
struct StrangersTLS: Sendable {
    /// Nil where mail does not go to exchangers, or nobody wants it.
    let directory: MTASTSDirectory?
    /// Nil where nobody is told.
    let results: TLSResults?
    private let web: WebClient
    private let store: SQLiteTLSResults
    private let settings: ServerConfiguration.StrangersTLS

    init(_ server: Server, store: SQLiteTLSResults, dns: any DNSLookup) throws {
        let delivery = server.configuration.delivery
        settings = delivery.strangers
        self.store = store
        var web = WebClient.Settings(trust: delivery.trust)
        web.port = settings.httpsPort
        web.allowsPrivateNetworks = settings.allowsPrivateNetworks
        self.web = try WebClient(web, dns: dns, group: MultiThreadedEventLoopGroup.singleton)
        let isMX = delivery.route == .mx
        directory =
            isMX && settings.asksMTASTS
            ? MTASTSDirectory(
                dns: dns, fetcher: self.web, store: store, now: server.now,
                report: { [logger = server.logger] in logger.error("\($0)") }) : nil
        results = (isMX ? settings.reports : nil).map {
            TLSResults(store: store, span: $0.interval, now: server.now)
        }
    }

    func services(_ server: Server, _ trade: Trade, dns: any DNSLookup) -> [any Service] {
        var services: [any Service] = [
            TLSUpkeepService(store: store, results: results, logger: server.logger, now: server.now)
        ]
        if let reports = settings.reports, results != nil {
            var reporting = TLSReporter.Settings(
                organization: reports.organization, sender: reports.sender,
                account: server.configuration.accountID)
            reporting.span = reports.interval
            reporting.spread = min(reporting.spread, reports.interval / 6)
            reporting.retryInterval = min(reporting.retryInterval, reports.interval)
            let reporter = TLSReporter(
                reporting,
                .init(
                    store: store, dns: dns, mail: trade.systemMail, poster: web,
                    now: server.now, random: server.random, logger: server.logger))
            services.append(TLSReportService(reporter: reporter, results: results, logger: server.logger))
        }
        return services
    }
}

/// Writes down what was counted, and forgets policies that are past.
private struct TLSUpkeepService: Service {
    /// Seconds between two writes; what is lost with the process is less than that.
    static let interval = 10.0
    /// Writes between two looks at old policies.
    static let roundsBetweenSweeps = 360

    let store: SQLiteTLSResults
    let results: TLSResults?
    let logger: Logger
    let now: Now

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            for round in 0... {
                await keepUp(sweeps: round.isMultiple(of: Self.roundsBetweenSweeps))
                try await Task.sleep(for: .seconds(Self.interval))
            }
        }
        await keepUp(sweeps: false)
    }

    private func keepUp(sweeps: Bool) async {
        do {
            try await results?.flush()
            if sweeps { try await store.removePolicies(expiredBefore: now()) }
        } catch {
            logger.error("results of TLS were not kept", metadata: ["error": "\(error)"])
        }
    }
}

/// Reports when a span is over.
private struct TLSReportService: Service {
    let reporter: TLSReporter
    let results: TLSResults?
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var hasWaiting = true
            while true {
                do {
                    try await results?.flush()
                    hasWaiting = try await reporter.report()
                } catch {
                    logger.error("TLS reports were not sent", metadata: ["error": "\(error)"])
                    hasWaiting = true
                }
                try await Task.sleep(for: .seconds(reporter.delay(hasWaiting: hasWaiting)))
            }
        }
    }
}
