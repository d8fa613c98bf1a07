// SPDX-License-Identifier: Apache-2.0

package import Mail

extension ServerConfiguration {
    /// A collector of OpenTelemetry (OTLP over HTTP), for metrics or for traces.
    package struct Collector: Sendable {
        /// `https://otel.example.com:4318`
        package var endpoint: String
        package var token: SecretBytes?
        /// The only authorities that are trusted, PEM; nil: the system's.
        package var ca: String?

        /// Nil where no endpoint is set.
        init?(_ values: Values, at path: String) throws {
            guard let endpoint = values.string("\(path).endpoint") else {
                guard !values.file.contains(path) else { throw ConfigurationError("'\(path).endpoint' is missing") }
                return nil
            }
            guard SinkEndpoint(endpoint, isWeb: true) != nil else {
                throw ConfigurationError(
                    "'\(path).endpoint' must be https://HOST[:PORT], without a path; http only on loopback")
            }
            self.endpoint = endpoint
            token = try values.token("\(path).token")
            ca = values.string("\(path).ca")
        }
    }

    /// What is told to collectors.
    package struct Telemetry: Sendable {
        package var metrics: Collector?
        /// Seconds from one look at the metrics to the next.
        package var metricsInterval: Double
        package var traces: Collector?
        /// Of the messages whose sender did not decide it, how many are traced: 0 to 1.
        package var tracesShare: Double

        init(_ values: Values) throws {
            metrics = try Collector(values, at: "metrics.otlp")
            metricsInterval = values.number("metrics.otlp.interval") ?? 60
            guard (1...86_400).contains(metricsInterval) else {
                throw ConfigurationError("'metrics.otlp.interval' must be 1 to 86400 seconds")
            }
            traces = try Collector(values, at: "traces.otlp")
            tracesShare = values.number("traces.otlp.share") ?? 1
            guard (0...1).contains(tracesShare) else {
                throw ConfigurationError("'traces.otlp.share' must be 0 to 1")
            }
        }
    }
}

extension Values {
    /// A secret that is sent in a header.
    func token(_ key: String) throws -> SecretBytes? {
        guard let text = string(key), !text.isEmpty else { return nil }
        guard text.utf8.count <= 1_000, text.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw ConfigurationError("'\(key)' holds a character that no token has")
        }
        return SecretBytes(Array(text.utf8))
    }
}

extension ConfigurationKey {
    static let telemetry: [ConfigurationKey] =
        collector("metrics.otlp") + [.init("metrics.otlp.interval", .number)]
        + collector("traces.otlp") + [.init("traces.otlp.share", .number)]

    private static func collector(_ path: String) -> [ConfigurationKey] {
        [.init("\(path).endpoint"), .init("\(path).token", secret: true), .init("\(path).ca")]
    }
}
