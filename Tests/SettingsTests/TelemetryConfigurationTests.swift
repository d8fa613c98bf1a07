// SPDX-License-Identifier: Apache-2.0

import Mail
import Settings
import Testing

@Suite("Collectors in the configuration")
struct TelemetryConfigurationTests {
    private func load(_ lines: String, _ environment: [String: String] = [:]) throws -> ServerConfiguration {
        let yaml = """
            data-directory: /tmp/postern
            account-id: "111122223333"
            root: { access-key-id: AKIAROOTEXAMPLE0001, secret-access-key: secret }
            \(lines)
            """
        return try ServerConfiguration(ConfigurationFile(yaml: yaml, environment: environment))
    }

    @Test("are none where none is named")
    func none() throws {
        let telemetry = try load("metrics: { port: 1 }").telemetry
        #expect(telemetry.metrics == nil)
        #expect(telemetry.traces == nil)
    }

    @Test("are read with what is usual for them")
    func usual() throws {
        let configuration = try load(
            """
            metrics: { otlp: { endpoint: "https://otel.example.com:4318", ca: /etc/ca.pem } }
            traces: { otlp: { endpoint: "http://127.0.0.1:4318", share: 0.25 } }
            """, ["POSTERN_TRACES_OTLP_TOKEN": "t"])
        let telemetry = configuration.telemetry
        #expect(telemetry.metrics?.endpoint == "https://otel.example.com:4318")
        #expect(telemetry.metrics?.ca == "/etc/ca.pem")
        #expect(telemetry.metrics?.token == nil)
        #expect(telemetry.metricsInterval == 60)
        #expect(telemetry.traces?.endpoint == "http://127.0.0.1:4318")
        #expect(telemetry.traces?.token?.exposed == Array("t".utf8))
        #expect(telemetry.tracesShare == 0.25)
        #expect(configuration.metrics?.port == 8027)
    }

    @Test(
        "name what is wrong with them",
        arguments: [
            ("metrics: { otlp: { interval: 5 } }", "'metrics.otlp.endpoint' is missing"),
            (
                "traces: { otlp: { endpoint: \"http://otel:4318\" } }",
                "'traces.otlp.endpoint' must be https://HOST[:PORT], without a path; http only on loopback"
            ),
            (
                "traces: { otlp: { endpoint: \"https://otel:4318/v1/traces\" } }",
                "'traces.otlp.endpoint' must be https://HOST[:PORT], without a path; http only on loopback"
            ),
            (
                "traces: { otlp: { endpoint: \"https://otel\", share: 1.5 } }", "'traces.otlp.share' must be 0 to 1"
            ),
            (
                "metrics: { otlp: { endpoint: \"https://otel\", interval: 0.5 } }",
                "'metrics.otlp.interval' must be 1 to 86400 seconds"
            ),
            (
                "traces: { otlp: { endpoint: \"https://otel\", token: \"a b\" } }",
                "'traces.otlp.token' holds a character that no token has"
            ),
        ])
    func wrong(_ lines: String, _ message: String) {
        #expect(throws: ConfigurationError(message)) { try load(lines) }
    }
}
