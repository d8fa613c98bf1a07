// SPDX-License-Identifier: Apache-2.0

import Access
import Journal
import Logging
import Mail
import NIOPosix
import ServiceLifecycle
import Settings
import Shipping
import Sinks
import Trail

/// Copies of records on their way to the operator's sinks. Without a sink it is not to be run.
struct Copies: Service {
    let shippers: Shippers

    /// - Throws: `ConfigurationError` where a CA file cannot be read.
    init(_ server: Server, _ stores: Stores, trail: TrailParts, directory: AccessDirectory) throws {
        let clock = ShippingClock(
            now: server.now, sleep: { try await Task.sleep(for: .seconds($0)) }, random: server.random)
        let witness = Self.witness(server, directory)
        shippers = Shippers(
            try server.configuration.sinks.flatMap { sink in
                let make = try Self.maker(sink, clock)
                return try Self.sources(sink, stores, trail).map { source in
                    Shipper(
                        name: sink.name, sink: try make(), source: source, cursors: stores.records,
                        limits: Self.limits(sink), clock: clock, witness: witness)
                }
            })
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await shippers.run() }
    }

    private static func sources(
        _ sink: ServerConfiguration.Sink, _ stores: Stores, _ trail: TrailParts
    ) -> [any ShipmentSource] {
        sink.records.flatMap { records -> [any ShipmentSource] in
            switch records {
            case .trail: [TrailShipments(trail.store, host: sink.host)]
            case .messages:
                [stores.spool as any FactStream, stores.records].map {
                    MessageShipments($0, host: sink.host, sight: trail.sight)
                }
            }
        }
    }

    /// One engine for each source, so that no two batches are under way on one connection or channel; a file is one.
    private static func maker(
        _ sink: ServerConfiguration.Sink, _ clock: ShippingClock
    ) throws -> () throws -> any ShipmentSink {
        let web = {
            try readable(sink) { try SinkWebClient(ca: sink.ca, group: MultiThreadedEventLoopGroup.singleton) }
        }
        switch sink.kind {
        case .hec:
            let settings = HECSink.Settings(
                endpoints: sink.endpoints, token: sink.token ?? SecretBytes([]), index: sink.index,
                asksAcknowledgement: sink.acknowledges)
            return { HECSink(settings, web: try web(), clock: clock) }
        case .otlp:
            return { OTLPSink(endpoints: sink.endpoints, token: sink.token, web: try web(), clock: clock) }
        case .syslog:
            let endpoints = sink.endpoints.compactMap { SinkEndpoint($0, isWeb: false) }.map { ($0.host, $0.port) }
            return {
                try readable(sink) {
                    try SyslogSink(
                        endpoints: endpoints, ca: sink.ca, group: MultiThreadedEventLoopGroup.singleton)
                }
            }
        case .file:
            let file = FileSink(
                path: sink.path ?? "", rotateOctets: sink.rotate, clock: clock, threads: .singleton)
            return { file }
        }
    }

    private static func readable<Value>(_ sink: ServerConfiguration.Sink, _ make: () throws -> Value) throws -> Value {
        do { return try make() } catch {
            throw ConfigurationError("'ca' of the sink \(sink.name) cannot be read: \(error)")
        }
    }

    private static func limits(_ sink: ServerConfiguration.Sink) -> ShippingLimits {
        ShippingLimits(
            batchRecords: sink.batchRecords, batchOctets: sink.batchOctets,
            budget: .init(
                records: sink.budgetRecords, octets: sink.budgetOctets,
                whenFull: sink.whenFull == .refuseNewMail ? .refuseNewMail : .dropOldestCopies))
    }

    private static func witness(_ server: Server, _ directory: AccessDirectory) -> ShippingWitness {
        let account = server.configuration.accountID
        return ShippingWitness(
            record: { note in
                try await directory.record(
                    Fact(
                        at: server.now(), account: account, message: nil,
                        event: .warned(
                            .init(control: note.control, subject: note.source, reason: note.description))))
            },
            tell: { [logger = server.logger] note in
                let level: Logger.Level =
                    switch note.what {
                    case .recovered, .acceptsMail: .notice
                    case .failing, .setAside: .warning
                    case .dropped, .refusesMail: .error
                    }
                logger.log(
                    level: level, "sink \(note.sink)", metadata: ["source": "\(note.source)", "what": "\(note)"])
            })
    }
}
