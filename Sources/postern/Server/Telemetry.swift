// SPDX-License-Identifier: Apache-2.0

import API
import Journal
import Logging
import Mail
import Measures
import NIOPosix
import SQLite
import ServiceLifecycle
import Settings
import Shipping
import Sinks

/// Metrics and traces on their way to collectors of OpenTelemetry. Whatever becomes of them, mail never waits.
struct Telemetry: Sendable {
    let standings: [TelemetryStanding]
    private let sources: [(source: TraceShipper.Source, standing: TelemetryStanding)]
    private let metrics: TelemetryStanding
    private let settings: ServerConfiguration.Telemetry
    private let resource: OTLPResource
    private let clock: ShippingClock
    private let start: Timestamp

    typealias Collect = @Sendable () async throws -> [MetricsServer.Metric]

    /// To be made before any door opens: what happens from then on is traced.
    init(_ server: Server, _ stores: Stores) async throws {
        settings = server.configuration.telemetry
        clock = ShippingClock(
            now: server.now, sleep: { try await Task.sleep(for: .seconds($0)) }, random: server.random)
        resource = OTLPResource(version: Release.version, host: server.configuration.smtp.hostname)
        start = server.now()
        metrics = Self.standing("metrics", server.logger)
        var sources: [(source: TraceShipper.Source, standing: TelemetryStanding)] = []
        if settings.traces != nil, let times = server.measures.times {
            for stream in [stores.spool, stores.records] as [any FactStream] {
                let source = TraceShipper.Source(
                    stream, cursors: stores.records, times: times, share: settings.tracesShare
                ) { [spool = stores.spool] message in
                    for case .accepted(let event) in try await spool.timeline(message).map(\.event) { return event }
                    return nil
                }
                try await source.begin()
                sources.append((source, Self.standing("traces \(stream.name)", server.logger)))
            }
        }
        self.sources = sources
        standings = (settings.metrics == nil ? [] : [metrics]) + sources.map(\.standing)
    }

    private static func standing(_ name: String, _ logger: Logger) -> TelemetryStanding {
        TelemetryStanding(name) {
            logger.log(level: $0.level, "telemetry", metadata: ["signal": "\(name)", "what": "\($0)"])
        }
    }

    private static func door(
        _ signal: OTLPDoor.Signal, _ collector: ServerConfiguration.Collector
    ) throws -> OTLPDoor {
        do {
            let web = try SinkWebClient(ca: collector.ca, group: MultiThreadedEventLoopGroup.singleton)
            return OTLPDoor(signal, at: collector.endpoint, token: collector.token, web: web)
        } catch {
            throw ConfigurationError("'\(signal.rawValue).otlp.ca' cannot be read: \(error)")
        }
    }

    /// Services that must be run, for whoever sends has to be closed in the end.
    /// - Throws: `ConfigurationError` where a CA file cannot be read.
    func traceServices() throws -> [any Service] {
        guard let collector = settings.traces else { return [] }
        return try sources.map { source, standing in
            let shipper = TraceShipper(
                source, to: try Self.door(.traces, collector), resource: resource, clock: clock, standing: standing)
            return TelemetryService { await shipper.run() }
        }
    }

    /// The same for what `collect` finds.
    func metricsServices(_ collect: @escaping Collect) throws -> [any Service] {
        guard let collector = settings.metrics else { return [] }
        let push = MetricsPush(
            to: try Self.door(.metrics, collector), resource: resource, start: start,
            interval: settings.metricsInterval, clock: clock, standing: metrics,
            collect: { try await collect().map(\.reading) })
        return [TelemetryService { await push.run() }]
    }
}

private struct TelemetryService: Service {
    let work: @Sendable () async -> Void

    func run() async throws { await cancelWhenGracefulShutdown { await work() } }
}

extension TelemetryNote {
    fileprivate var level: Logger.Level {
        switch self {
        case .recovered: .notice
        case .failing, .losing: .warning
        }
    }
}

extension MetricsServer.Metric {
    fileprivate var reading: MetricReading {
        if let distribution { return MetricReading(name: name, help: help, data: .histogram(distribution)) }
        let points = values.map { value in
            MetricReading.Point(
                labels: value.labels, number: Int(value.text).map { .integer($0) } ?? .real(Double(value.text) ?? 0))
        }
        return MetricReading(name: name, help: help, data: kind == .counter ? .counter(points) : .gauge(points))
    }
}
