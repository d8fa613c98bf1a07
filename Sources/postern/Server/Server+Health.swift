// SPDX-License-Identifier: Apache-2.0

import Foundation
import Mail
import Operator
import Queue
import SMTPListener
import SQLite
import Shipping
import Trail

/// How the server is: asked by `/health`, by `postern doctor`, and at the metrics port. Strangers may ask too, so it looks
/// once a second at most, however many do.
actor HealthCheck {
    private static let lifetime = 1.0
    /// Seconds that a fact may wait for its record.
    private static let trailLag = 60.0
    /// Seconds that a copy may be behind before somebody should look, without any failure that says why.
    private static let sinkLag = 300.0

    let trade: Trade
    let stores: Stores
    let smtp: SMTPListener
    let inbound: SMTPListener?
    let telemetry: Telemetry
    let now: Now
    private var known: (report: HealthReport, at: Timestamp)?
    private var looking: Task<HealthReport, Never>?

    init(
        trade: Trade, stores: Stores, smtp: SMTPListener, inbound: SMTPListener?, telemetry: Telemetry,
        now: @escaping Now
    ) {
        self.trade = trade
        self.stores = stores
        self.smtp = smtp
        self.inbound = inbound
        self.telemetry = telemetry
        self.now = now
    }

    nonisolated func report() async -> HealthReport { await current() }

    private func current() async -> HealthReport {
        if let known, (0..<Self.lifetime).contains(now() - known.at) { return known.report }
        if let looking { return await looking.value }
        let task = Task { await look() }
        looking = task
        let report = await task.value
        looking = nil
        known = (report, now())
        return report
    }

    private func look() async -> HealthReport {
        HealthReport(
            parts: await [listening, writable(), queue()] + trail() + trade.copies.shippers.states.map { sink($0) }
                + telemetry.standings.map { Self.telemetry($0.state) })
    }

    /// Without these two no mail is taken; whatever else fails, it goes on.
    static func canWork(_ report: HealthReport) -> Bool {
        !report.parts.contains { ["smtp", "stores"].contains($0.part) && $0.state == .failing }
    }

    private var listening: HealthReport.Part {
        smtp.isListening && inbound?.isListening ?? true
            ? .init("smtp", .ok, "listens") : .init("smtp", .failing, "a port is closed", advice: "See the log.")
    }

    private func writable() async -> HealthReport.Part {
        do {
            try await stores.spool.record([])
            return .init("stores", .ok, "can be written")
        } catch {
            return .init(
                "stores", .failing, "cannot be written: \(error)",
                advice: "Make room on the disk of data-directory, or see why it cannot be written.")
        }
    }

    private func queue() async -> HealthReport.Part {
        let state = await trade.queue.state
        guard state.faults.count == 0 else {
            return .init(
                "queue", .degraded, "\(state.faults.count) deliveries are in no legal state",
                advice: "See the log; `postern queue list` shows what waits.")
        }
        return .init("queue", .ok, state.isOnHold ? "on hold by an operator" : "every delivery is accounted for")
    }

    private func trail() async -> [HealthReport.Part] {
        do {
            let moment = now()
            let backlog = try await trade.trail.standing.backlog().max { $0.lag(at: moment) < $1.lag(at: moment) }
            let lag = backlog?.lag(at: moment) ?? 0
            let late: HealthReport.Part =
                lag <= Self.trailLag
                ? .init("trail", .ok, "every act is on record")
                : .init(
                    "trail", .degraded, "\(backlog?.facts ?? 0) facts have no record yet, the oldest for \(Int(lag)) s",
                    advice: "See the log for why the trail is not kept up to date.")
            return [late] + (try await trade.trail.chains().map { digest($0) })
        } catch {
            return [
                .init("trail", .failing, "cannot be read: \(error)", advice: "See the log, and the disk of trail.db.")
            ]
        }
    }

    private func digest(_ chain: TrailParts.Chain) -> HealthReport.Part {
        chain.isDigestMissing
            ? .init(
                "trail", .degraded, "no digest covers the last \(Int(chain.age)) s", subject: chain.layout.arn,
                advice: "See the log for why files are not written, then `postern trail verify`.")
            : .init("trail", .ok, "nothing older than \(Int(chain.age)) s is unsigned", subject: chain.layout.arn)
    }

    private static func telemetry(_ state: TelemetryState) -> HealthReport.Part {
        let lost = state.lost == 0 ? "" : "; the collector did not take \(state.lost)"
        guard let trouble = state.trouble else {
            return .init(
                "telemetry", .ok, (state.sent == 0 ? "nothing was sent yet" : "arrives") + lost, subject: state.name)
        }
        return .init(
            "telemetry", .degraded, "\(trouble.reason)\(lost)", subject: state.name,
            advice: trouble.needsAction
                ? "Nothing arrives until the token or the address is put right, there or in metrics.otlp, traces.otlp."
                : "It is tried again by itself: look whether the collector is up and reachable.")
    }

    private func sink(_ state: ShippingState) -> HealthReport.Part {
        let name = "\(state.sink) \(state.source)"
        let lag = state.lag(at: now())
        let waiting =
            "\(state.behindRecords) records wait" + (lag > 0 ? ", the oldest for \(Int(lag)) s" : "")
            + (state.isAccepting ? "" : "; the budget is at its end and new mail is refused")
        if let trouble = state.trouble {
            return .init(
                "sinks", state.isAccepting ? .degraded : .failing, "\(trouble.reason); \(waiting)", subject: name,
                advice: trouble.needsAction
                    ? "Nothing arrives until the token, the index or the address is put right, there or in sinks."
                    : "It is tried again by itself: look whether the far side is up and reachable.")
        }
        let isLate = lag > Self.sinkLag || !state.isAccepting
        let last = state.lastTrouble.map { "; the last failure: \($0.reason)" } ?? ""
        return .init(
            "sinks", isLate ? .degraded : .ok, waiting + last, subject: name,
            advice: isLate
                ? "The far side is slower than records come: give it more room, or this server more budget." : nil)
    }
}

extension HealthReport {
    /// One line.
    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return Array("{}".utf8) }
        return Array(data) + [10]
    }
}
