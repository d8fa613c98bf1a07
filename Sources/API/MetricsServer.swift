// SPDX-License-Identifier: Apache-2.0

import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle

/// `GET /metrics` in Prometheus' text format, on a port of its own.
package struct MetricsServer: Service {
    /// One number: its name, what it is, its kind, and a value for each set of labels.
    package struct Metric: Sendable {
        package enum Kind: String, Sendable { case counter, gauge }

        let name: String
        let help: String
        let kind: Kind
        let values: [(labels: [String: String], value: Int)]

        package init(_ name: String, _ help: String, _ kind: Kind, _ values: [(labels: [String: String], value: Int)]) {
            self.name = name
            self.help = help
            self.kind = kind
            self.values = values
        }
    }

    private let application: any ApplicationProtocol
    private let address: String

    package init(host: String, port: Int, logger: Logger, collect: @escaping @Sendable () async throws -> [Metric]) {
        address = "\(host):\(port)"
        let router = Router()
        router.get("/metrics") { _, _ in
            let text = try await collect().map { Self.text($0) }.joined()
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: text)))
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
        for (labels, value) in metric.values {
            let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(
                separator: ",")
            lines.append("\(metric.name)\(pairs.isEmpty ? "" : "{\(pairs)}") \(value)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func escaped(_ text: String) -> String {
        text.flatMap { $0 == "\\" || $0 == "\"" ? ["\\", $0] : $0 == "\n" ? ["\\", "n"] : [$0] }.map(String.init)
            .joined()
    }
}
