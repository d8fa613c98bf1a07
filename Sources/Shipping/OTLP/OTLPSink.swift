// SPDX-License-Identifier: Apache-2.0

import Compression
package import Mail
import Synchronization

/// OpenTelemetry logs over HTTP (OTLP 1.x): `POST /v1/logs`, an `ExportLogsServiceRequest` as protobuf, gzip.
///
/// A success says that the collector took the records; what it does with them is its own matter.
package final class OTLPSink: ShipmentSink {
    private let endpoints: [String]
    private let token: SecretBytes?
    private let web: any SinkWeb
    private let clock: ShippingClock
    private let current = Mutex(0)

    /// - Parameters:
    ///   - endpoints: `https://otel.example.com:4318`
    ///   - token: sent as `Authorization: Bearer`.
    package init(endpoints: [String], token: SecretBytes?, web: any SinkWeb, clock: ShippingClock) {
        self.endpoints = endpoints
        self.token = token
        self.web = web
        self.clock = clock
    }

    package func close() async { await web.close() }

    package func send(_ batch: [Shipment]) async -> ShipmentVerdict {
        guard let body = try? Gzip.compress(LogsRequest.encode(batch, observed: clock.now()), .quick) else {
            return .retry("no memory to compress a batch")
        }
        var worst = ShipmentVerdict.stop("no endpoint is named")
        for turn in endpoints.indices {
            let index = current.withLock { $0 }
            let verdict = await send(body, to: endpoints[index])
            switch verdict {
            case .durable, .split, .never: return verdict
            case .retry: worst = verdict
            case .stop: if turn == 0 { worst = verdict }
            }
            current.withLock { $0 = (index + 1) % endpoints.count }
        }
        return worst
    }

    private func send(_ body: [UInt8], to endpoint: String) async -> ShipmentVerdict {
        var headers = [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "gzip")]
        if let token { headers.append(("Authorization", "Bearer \(String(decoding: token.exposed, as: UTF8.self))")) }
        do {
            let answer = try await web.post(SinkRequest(url: "\(endpoint)/v1/logs", headers: headers, body: body))
            return Self.verdict(answer, of: endpoint)
        } catch {
            return .retry("\(endpoint): \(error)")
        }
    }

    /// Which statuses are tried again is the protocol's list (OTLP/HTTP Response); a refusal that is about who we are or
    /// where we post waits for somebody to act.
    static func verdict(_ answer: SinkAnswer, of endpoint: String) -> ShipmentVerdict {
        let words = "\(endpoint) answered \(answer.status)"
        switch answer.status {
        case 200..<300:
            // ExportLogsServiceResponse.partial_success.rejected_log_records
            let rejected = Protobuf.varint(at: [1, 1], in: answer.body[...]) ?? 0
            return rejected == 0 ? .durable() : .never("\(endpoint) rejected \(rejected) records")
        case 400, 413: return .never(words)
        case 408, 425, 429, 500...599: return .retry(words, after: answer.retryAfter)
        default: return .stop(words)
        }
    }
}

/// `opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest`.
enum LogsRequest {
    static func encode(_ batch: [Shipment], observed: Timestamp) -> [UInt8] {
        var request = Protobuf()
        request.message(1) { resourceLogs in
            resourceLogs.message(1) { resource in
                attribute("service.name", "postern", of: &resource)
                if let host = batch.first?.host { attribute("host.name", host, of: &resource) }
            }
            resourceLogs.message(2) { scopeLogs in
                scopeLogs.message(1) { $0.text(1, "postern") }
                for shipment in batch { scopeLogs.message(2) { record(shipment, observed, to: &$0) } }
            }
        }
        return request.octets
    }

    private static func record(_ shipment: Shipment, _ observed: Timestamp, to message: inout Protobuf) {
        message.fixed64(1, nanoseconds(shipment.at))
        // SEVERITY_NUMBER_INFO
        message.varint(2, 9)
        message.text(3, "INFO")
        message.message(5) { $0.text(1, shipment.json) }
        keyed(6, "source", shipment.source, to: &message)
        keyed(6, "sourcetype", shipment.sourcetype, to: &message)
        message.fixed64(11, nanoseconds(observed))
    }

    private static func nanoseconds(_ moment: Timestamp) -> UInt64 {
        UInt64(clamping: moment.milliseconds).multipliedReportingOverflow(by: 1_000_000).partialValue
    }

    private static func attribute(_ key: String, _ value: String, of resource: inout Protobuf) {
        keyed(1, key, value, to: &resource)
    }

    private static func keyed(_ field: UInt64, _ key: String, _ value: String, to message: inout Protobuf) {
        message.message(field) {
            $0.text(1, key)
            $0.message(2) { $0.text(1, value) }
        }
    }
}
