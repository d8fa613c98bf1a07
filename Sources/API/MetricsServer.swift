// SPDX-License-Identifier: Apache-2.0

import Hummingbird
package import Logging
package import Measures
import NIOCore
import ServiceLifecycle

/// `GET /metrics` in Prometheus' text format and `GET /health` with its reasons, on a port of their own.
package struct MetricsServer: Service {
    /// One number: its name, what it is, its kind, and a value for each set of labels.
    package struct Metric: Sendable {
        package enum Kind: String, Sendable { case counter, gauge, histogram }

        package let name: String
        package let help: String
        package let kind: Kind
        package let values: [Value]
        /// Of a histogram: its classes, which `values` tells of one by one.
        package let distribution: Histogram.Reading?

        package struct Value: Sendable {
            /// What follows the name: `_bucket`, `_sum`, `_count` of a histogram.
            var suffix = ""
            package let labels: [String: String]
            /// A number.
            package let text: String
        }

        package init(_ name: String, _ help: String, _ kind: Kind, _ values: [(labels: [String: String], value: Int)]) {
            self.name = name
            self.help = help
            self.kind = kind
            distribution = nil
            self.values = values.map { Value(labels: $0.labels, text: "\($0.value)") }
        }

        /// Seconds and the like.
        package init(
            _ name: String, _ help: String, gauge values: [(labels: [String: String], value: Double)]
        ) {
            self.name = name
            self.help = help
            kind = .gauge
            distribution = nil
            self.values = values.map { Value(labels: $0.labels, text: "\($0.value)") }
        }

        /// What was counted by labels.
        package init(_ name: String, _ help: String, _ tally: Tally) {
            self.init(
                name, help, .counter,
                tally.reading.map { reading in
                    (Dictionary(zip(tally.labels, reading.values), uniquingKeysWith: { $1 }), reading.count)
                })
        }

        package init(_ name: String, _ help: String, _ histogram: Histogram) {
            self.name = name
            self.help = help
            kind = .histogram
            let reading = histogram.reading
            distribution = reading
            var (values, sum): ([Value], Int) = ([], 0)
            for (bound, count) in zip(reading.bounds.map { "\($0)" } + ["+Inf"], reading.counts) {
                sum += count
                values.append(Value(suffix: "_bucket", labels: ["le": bound], text: "\(sum)"))
            }
            values.append(Value(suffix: "_sum", labels: [:], text: "\(reading.sum)"))
            values.append(Value(suffix: "_count", labels: [:], text: "\(sum)"))
            self.values = values
        }
    }

    private let application: any ApplicationProtocol
    private let address: String

    /// Whether all is well or mail goes on at least, and the whole report in JSON.
    package typealias Health = @Sendable () async -> (canWork: Bool, json: [UInt8])

    package init(
        host: String, port: Int, logger: Logger, health: @escaping Health,
        collect: @escaping @Sendable () async throws -> [Metric]
    ) {
        address = "\(host):\(port)"
        let router = Router()
        router.get("/metrics") { _, _ in
            let text = try await collect().map { Self.text($0) }.joined()
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: text)))
        }
        router.get("/health") { _, _ in
            let (canWork, json) = await health()
            return Response(
                status: canWork ? .ok : .serviceUnavailable, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: json)))
        }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        application = Application(
            router: router, configuration: .init(address: .hostname(host, port: port), serverName: nil), logger: quiet)
    }

    /// - Throws: `PortFailure` when the port cannot be opened.
    package func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw PortFailure(address: address, reason: "\(error)")
        }
    }

    static func text(_ metric: Metric) -> String {
        var lines = ["# HELP \(metric.name) \(metric.help)", "# TYPE \(metric.name) \(metric.kind.rawValue)"]
        for value in metric.values {
            let pairs = value.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(
                separator: ",")
            lines.append("\(metric.name)\(value.suffix)\(pairs.isEmpty ? "" : "{\(pairs)}") \(value.text)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func escaped(_ text: String) -> String {
        text.flatMap { $0 == "\\" || $0 == "\"" ? ["\\", $0] : $0 == "\n" ? ["\\", "n"] : [$0] }.map(String.init)
            .joined()
    }
}
