// SPDX-License-Identifier: Apache-2.0

import API
import Access
import CloudWatch
import Logging
import Mail
import Monitoring
import Notify
import SQLite
import Sending
import ServiceLifecycle
import Settings
import Shipping

/// What counts mail by the minute, keeps the rates of accounts, and watches alarms.
struct MonitoringParts: Sendable {
    let services: CloudWatchServices
    let reader: MetricsReader
    let round: MonitoringRound
    let shipped: ShippedAlarms
    let accounts: @Sendable () -> [AccountID]
    /// The management account, where there are copies to watch.
    let watcher: AccountID?
    let now: Now

    init(_ server: Server, _ stores: Stores, access: AccessControl, copies: Shippers, publisher: Publisher) {
        let region = server.configuration.region
        now = server.now
        accounts = { access.accountsInOrder }
        let report: @Sendable (any Error) -> Void = { [logger = server.logger] in
            logger.error("an alarm was not looked at or told of", metadata: ["error": "\($0)"])
        }
        let book = AlarmBook(stores.records, region: region, now: now)
        let watch = AlarmWatch(
            book: book, states: stores.metrics, metrics: stores.metrics, accounts: accounts,
            act: { try await Self.tell($0, publisher, region: region, report: report) }, report: report)
        reader = MetricsReader(
            facts: stores.spool, store: stores.metrics,
            sources: .init(
                history: { [spool = stores.spool] in try await spool.timeline($0) },
                ownDomains: { [records = stores.records] in try await Self.verifiedDomains(of: $0, records) },
                now: now))
        services = CloudWatchServices(
            access: access, metrics: stores.metrics, book: book, states: stores.metrics, watch: watch)
        watcher = copies.isEmpty ? nil : server.configuration.accountID
        let lag = CopyLag(account: server.configuration.accountID, store: stores.metrics) { moment in
            Dictionary(copies.states.map { ($0.sink, $0.lag(at: moment)) }, uniquingKeysWith: max)
        }
        round = MonitoringRound(reader: reader, store: stores.metrics, copies: lag, watch: watch)
        shipped = ShippedAlarms(book: book, store: stores.metrics)
    }

    /// What `GET /metrics` tells of it.
    var samples: [MetricsServer.Metric] {
        [
            .init(
                "postern_cloudwatch_samples_dropped_total",
                "Samples of metrics with dimensions that an account had no room for.", reader.dropped)
        ]
    }

    // A topic that is not there any more would be asked for ever: its refusal is an end of it.
    private static func tell(
        _ action: AlarmAction, _ publisher: Publisher, region: String, report: @Sendable (any Error) -> Void
    ) async throws -> [String: String] {
        var failures: [String: String] = [:]
        for target in action.targets {
            do {
                try await publisher.publish(
                    topicARN: target, subject: action.subject(region: region), message: action.message(region: region))
            } catch let failure as NotifyFailure {
                failures[target] = failure == .topicNotFound ? "Topic does not exist" : "\(failure)"
                report(UntoldAlarm(alarm: action.alarm.name, topic: target, failure: failure))
            }
        }
        return failures
    }

    private static func verifiedDomains(of account: AccountID, _ records: SQLiteRecords) async throws -> Set<String> {
        let page = 500
        var domains: Set<String> = []
        var last: String?
        while true {
            let identities = try await records.identities(in: account, after: last, limit: page)
            for case .domain(let domain) in identities.lazy.filter(\.isVerified).map(\.name) {
                domains.insert(domain.description)
            }
            guard identities.count == page else { return domains }
            last = identities.last?.name.description
        }
    }
}

/// A topic of an alarm's that took nothing.
struct UntoldAlarm: Error {
    let alarm: String
    let topic: String
    let failure: NotifyFailure
}

/// Gives each account the alarms it starts with, and once a minute counts, computes and judges, until the shutdown reaches it.
/// What it did not get to is counted after the next start.
struct MonitoringService: Service {
    let parts: MonitoringParts
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var known: Set<AccountID> = []
            var watcher = parts.watcher
            while true {
                // Who could not be given any is asked again a minute later.
                if let account = watcher, await ship(to: account, parts.shipped.makeForCopies) { watcher = nil }
                for account in parts.accounts() where !known.contains(account) {
                    if await ship(to: account, parts.shipped.make) { known.insert(account) }
                }
                try await Task.sleep(for: .seconds(MonitoringRound.pause(at: parts.now())))
                do {
                    try await parts.round.run(at: parts.now())
                } catch is CancellationError {
                } catch {
                    logger.error("metrics and alarms are behind", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// - Returns: whether the account has them.
    private func ship(to account: AccountID, _ make: (AccountID) async throws -> Void) async -> Bool {
        do {
            try await make(account)
            return true
        } catch is CancellationError {
        } catch {
            logger.error(
                "an account was not given its alarms", metadata: ["account": "\(account)", "error": "\(error)"])
        }
        return false
    }
}
