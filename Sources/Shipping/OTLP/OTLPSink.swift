// SPDX-License-Identifier: Apache-2.0

import Compression
package import Mail
import Synchronization

/// OpenTelemetry logs over HTTP (OTLP 1.x): `POST /v1/logs`, an `ExportLogsServiceRequest` as protobuf, gzip.
///
/// A success says that the collector took the records; what it does with them is its own matter.
package final class OTLPSink: ShipmentSink {
    private let doors: [OTLPDoor]
    private let web: any SinkWeb
    private let clock: ShippingClock
    private let current = Mutex(0)

    /// - Parameters:
    ///   - endpoints: `https://otel.example.com:4318`
    ///   - token: sent as `Authorization: Bearer`.
    package init(endpoints: [String], token: SecretBytes?, web: any SinkWeb, clock: ShippingClock) {
        doors = endpoints.map { OTLPDoor(.logs, at: $0, token: token, web: web) }
        self.web = web
        self.clock = clock
    }

    package func close() async { await web.close() }

    package func send(_ batch: [Shipment]) async -> ShipmentVerdict {
        guard let body = try? Gzip.compress(LogsRequest.encode(batch, observed: clock.now()), .quick) else {
            return .retry("no memory to compress a batch")
        }
        var worst = ShipmentVerdict.stop("no endpoint is named")
        for turn in doors.indices {
            let index = current.withLock { $0 }
            let verdict = Self.verdict(await doors[index].post(compressed: body))
            switch verdict {
            case .durable, .split, .never: return verdict
            case .retry: worst = verdict
            case .stop: if turn == 0 { worst = verdict }
            }
            current.withLock { $0 = (index + 1) % doors.count }
        }
        return worst
    }

    static func verdict(_ answer: OTLPAnswer) -> ShipmentVerdict {
        switch answer {
        case .taken(rejected: 0): .durable()
        // A record that is lost is looked for, though that sends the others again.
        case .taken(let rejected): .never("the collector rejected \(rejected) records")
        case .refused(let reason): .never(reason)
        case .later(let reason, let after): .retry(reason, after: after)
        case .stopped(let reason): .stop(reason)
        }
    }
}

/// `opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest`.
enum LogsRequest {
    static func encode(_ batch: [Shipment], observed: Timestamp) -> [UInt8] {
        var request = Protobuf()
        request.message(1) { resourceLogs in
            resourceLogs.message(1) { resource in
                resource.attribute(1, "service.name", .text("postern"))
                if let host = batch.first?.host { resource.attribute(1, "host.name", .text(host)) }
            }
            resourceLogs.message(2) { scopeLogs in
                scopeLogs.message(1) { $0.text(1, "postern") }
                for shipment in batch { scopeLogs.message(2) { record(shipment, observed, to: &$0) } }
            }
        }
        return request.octets
    }

    private static func record(_ shipment: Shipment, _ observed: Timestamp, to message: inout Protobuf) {
        message.fixed64(1, shipment.at.unixNanoseconds)
        // SEVERITY_NUMBER_INFO
        message.varint(2, 9)
        message.text(3, "INFO")
        message.message(5) { $0.text(1, shipment.json) }
        message.attribute(6, "source", .text(shipment.source))
        message.attribute(6, "sourcetype", .text(shipment.sourcetype))
        message.fixed64(11, observed.unixNanoseconds)
    }
}
