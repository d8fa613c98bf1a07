// SPDX-License-Identifier: Apache-2.0

import API
import Access
import Delivery
import Mail
import Monitoring
import Operator
import Queue
import SMTPListener
import SQLite
import ServiceLifecycle
import Settings

/// What `GET /metrics` tells. Names and what they mean are the contract of `integrations/` and of
/// `docs/operating/monitoring.md`.
extension Server {
    /// Sites, and paths, that have a label of their own: one for each domain of a long queue would be a burden to
    /// whoever collects it.
    private static let labelled = 100

    func metricsServices(
        _ trade: Trade, _ stores: Stores, _ smtp: SMTPListener, _ inbound: Inbound, _ meter: AttemptMeter,
        _ telemetry: Telemetry,
        health: @escaping @Sendable () async -> HealthReport
    ) throws -> [any Service] {
        guard let endpoint = configuration.metrics else { return [] }
        let queue = trade.queue
        let ages = AgeCounts(spool: stores.spool, now: now)
        let facts = FactMeter(
            streams: [stores.spool, stores.records], accounts: trade.access.accountsInOrder,
            doors: [Door.api, .console, .smtp].map(\.rawValue))
        let trail = TrailMeasures(parts: trade.trail, shippers: trade.copies.shippers, now: now)
        let measures = measures
        let collect: Telemetry.Collect = {
            try await Self.queueMetrics(queue, stores.spool, ages) + Self.wayMetrics(queue)
                + Self.attemptMetrics(meter) + Self.storeMetrics(stores)
                + [.init("postern_smtp_sessions", "Open SMTP sessions.", .gauge, [([:], smtp.sessionCount)])]
                + inbound.samples + trade.monitoring.samples + measures.samples + Self.factMetrics(facts)
                + trail.samples()
        }
        return [
            JournalService(name: "measures", logger: logger) { try await facts.read() },
            MetricsServer(
                host: endpoint.host, port: endpoint.port, logger: logger,
                health: {
                    let report = await health()
                    return (HealthCheck.canWork(report), report.json)
                },
                collect: collect),
        ] + (try telemetry.metricsServices(collect))
    }

    private static func factMetrics(_ facts: FactMeter) -> [MetricsServer.Metric] {
        [
            .init(
                "postern_account_hard_bounces_total", "Recipients that bounced for good, by account.", facts.hardBounces
            ),
            .init("postern_account_complaints_total", "Recipients who complained, by account.", facts.complaints),
            .init(
                "postern_refusals_total", "Sends and calls that were turned away, by what said no.", facts.refusals),
            .init("postern_sign_in_failures_total", "Failures to sign in, by door.", facts.failures),
        ]
    }

    private static func queueMetrics(
        _ queue: DeliveryQueue, _ spool: SQLiteSpool, _ ages: AgeCounts
    ) async throws -> [MetricsServer.Metric] {
        let sites = try await waiting(queue, spool)
        let state = await queue.state
        let counts = state.counts
        func gauge(_ name: String, _ help: String, _ value: Int) -> MetricsServer.Metric {
            .init(name, help, .gauge, [([:], value)])
        }
        return [
            .init(
                "postern_queue_deliveries", "Deliveries that wait or are under way, by site; of the longest.", .gauge,
                sites.prefix(labelled).map { (["site": $0.key], $0.value) }),
            gauge(
                "postern_queue_deliveries_all", "Deliveries that wait or are under way.",
                sites.reduce(0) { $0 + $1.value }),
            .init(
                "postern_queue_deliveries_by_age",
                "Deliveries that wait or are under way, by how many minutes ago they were accepted at least.", .gauge,
                try await ages.counts().map { (["minutes": "\($0.minutes)"], $0.count) }),
            gauge(
                "postern_queue_forgotten", "Deliveries in no legal state: zero, or something is wrong.",
                state.faults.count),
            .init(
                "postern_queue_audits_total", "Times that the queue was compared with the spool.", .counter,
                [([:], state.faults.audits)]),
            gauge("postern_queue_under_way", "Tries under way.", counts.inFlight),
            gauge("postern_queue_window", "Deliveries held in memory.", counts.window),
            gauge("postern_queue_lanes", "Lanes known.", counts.lanes),
            gauge("postern_queue_sites", "Sites known.", counts.sites),
            gauge("postern_queue_on_hold", "Whether an operator put the queue on hold.", state.isOnHold ? 1 : 0),
            gauge("postern_queue_draining", "Whether this node is drained.", state.isDraining ? 1 : 0),
        ]
    }

    /// What waits for each site, longest first; a destination whose site is not known stands for itself.
    private static func waiting(
        _ queue: DeliveryQueue, _ spool: SQLiteSpool
    ) async throws -> [(key: String, value: Int)] {
        let waiting = try await spool.waiting()
        let sites = await queue.sites(of: Array(waiting.keys))
        let counts = waiting.reduce(into: [String: Int]()) { $0[sites[$1.key] ?? $1.key, default: 0] += $1.value }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    }

    private static func wayMetrics(_ queue: DeliveryQueue) async -> [MetricsServer.Metric] {
        let paths = await queue.paths().sorted { $0.inFlight > $1.inFlight }.prefix(labelled)
        let addresses = await queue.addresses()
        let warming = addresses.filter { $0.warmth != nil }
        func labels(_ path: PathSnapshot) -> [String: String] {
            labels(path.address, path.pool).merging(["site": path.site]) { $1 }
        }
        func labels(_ address: AddressSnapshot) -> [String: String] {
            labels(address.value.egress.address, address.value.egress.pool)
        }
        func labels(_ address: String?, _ pool: PoolID?) -> [String: String] {
            ["address": address ?? "system", "pool": pool?.description ?? ""]
        }
        return [
            .init(
                "postern_path_connections", "Tries under way, by address and site.", .gauge,
                paths.map { (labels($0), $0.inFlight) }),
            .init(
                "postern_path_window", "Connections that feedback allows, by address and site.", .gauge,
                paths.map { (labels($0), $0.window) }),
            .init(
                "postern_path_limits_learned", "Limits that replies taught and that still hold.", .gauge,
                paths.map { path in (labels(path), path.limits.count { $0.until != nil }) }),
            .init(
                "postern_address_sent_today", "Messages since midnight UTC of addresses that warm up.", .gauge,
                warming.map { (labels($0), $0.sentToday) }),
            .init(
                "postern_address_allowed_today", "What their warm-up allows them today.", .gauge,
                warming.map { (labels($0), $0.allowedToday ?? 0) }),
            .init(
                "postern_address_draining", "Whether an address takes nothing new.", .gauge,
                addresses.map { (labels($0), $0.value.isDraining ? 1 : 0) }),
            .init(
                "postern_address_warmup_day", "Day of the warm-up, 1 to 45; 0 for a warm address.", .gauge,
                addresses.map { (labels($0), $0.warmth?.day ?? 0) }),
        ]
    }

    private static func attemptMetrics(_ meter: AttemptMeter) -> [MetricsServer.Metric] {
        [
            .init("postern_recipients_total", "Recipients tried, by outcome and whose fault it was.", meter.outcomes),
            .init(
                "postern_delivered_protection_total", "Recipients delivered, by TLS version, certificate and policy.",
                meter.protection),
            .init("postern_address_recipients_total", "Recipients tried, by address and outcome.", meter.addresses),
            .init("postern_attempt_seconds", "How long tries took.", meter.durations),
            .init("postern_delivery_age_seconds", "From acceptance to delivery.", meter.ages),
        ]
    }

    private static func storeMetrics(_ stores: Stores) -> [MetricsServer.Metric] {
        [
            .init(
                "postern_spool_commits_total", "Synced transactions of the spool since the start.", .counter,
                [([:], stores.spool.engine.commitCount)]),
            .init(
                "postern_spool_sync_seconds", "How long synced transactions of the spool took.",
                stores.spool.engine.syncTimes),
        ]
    }
}

/// How many deliveries are how old. Counting them looks at every one, so it is done once a minute at most.
private actor AgeCounts {
    private static let lifetime = 60.0

    private let spool: SQLiteSpool
    private let now: Now
    private var known: (counts: [(minutes: Int, count: Int)], at: Timestamp)?

    init(spool: SQLiteSpool, now: @escaping Now) {
        self.spool = spool
        self.now = now
    }

    /// By the minutes at which each class begins.
    func counts() async throws -> [(minutes: Int, count: Int)] {
        let moment = now()
        if let known, moment - known.at < Self.lifetime { return known.counts }
        var sums = [Int](repeating: 0, count: AgeRow.minutes.count + 1)
        for row in try await spool.ages(at: moment) { sums = zip(sums, row.counts).map(+) }
        let counts = Array(zip([0] + AgeRow.minutes, sums)).map { (minutes: $0.0, count: $0.1) }
        known = (counts, moment)
        return counts
    }
}
