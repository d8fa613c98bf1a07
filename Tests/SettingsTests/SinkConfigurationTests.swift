// SPDX-License-Identifier: Apache-2.0

import Mail
import Settings
import Testing

@Suite("Sinks in the configuration")
struct SinkConfigurationTests {
    private func load(_ sinks: String) throws -> ServerConfiguration {
        let yaml = """
            data-directory: /tmp/postern
            account-id: "111122223333"
            root: { access-key-id: AKIAROOTEXAMPLE0001, secret-access-key: secret }
            smtp: { hostname: mail.example.com }
            sinks:
            \(sinks)
            """
        return try ServerConfiguration(ConfigurationFile(yaml: yaml, environment: [:]))
    }

    @Test("are read with what is usual for them")
    func usual() throws {
        let sink = try load("  - { name: splunk, type: hec, endpoints: [https://a:8088, https://b:8088], token: t }")
            .sinks[0]
        #expect(sink.name == "splunk")
        #expect(sink.kind == .hec)
        #expect(sink.endpoints == ["https://a:8088", "https://b:8088"])
        #expect(sink.token?.exposed == Array("t".utf8))
        #expect(sink.acknowledges)
        #expect(sink.host == "mail.example.com")
        #expect(sink.records == [.trail, .messages])
        #expect((sink.batchRecords, sink.batchOctets) == (500, 1_000_000))
        #expect((sink.budgetRecords, sink.budgetOctets) == (nil, nil))
        #expect(sink.whenFull == .refuseNewMail)
    }

    @Test(
        "name what is wrong with them",
        arguments: [
            (
                "  - { type: file, path: /x }",
                "'sinks.0.name' is missing: set it in the file or as POSTERN_SINKS_0_NAME"
            ),
            ("  - { name: a b, type: file, path: /x }", "'sinks.0.name' is letters, digits, '-' and '_', at most 64"),
            ("  - { name: a, path: /x }", "'sinks.0.type' is missing: hec, file, syslog or otlp"),
            ("  - { name: a, type: kafka }", "'sinks.0.type' must be one of hec, file, syslog, otlp, not 'kafka'"),
            ("  - { name: a, type: file, path: x }", "'sinks.0.path' must be the absolute path of a file"),
            (
                "  - { name: a, type: file, path: /x, token: t }",
                "'sinks.0.token' means nothing to a sink of type file: remove it"
            ),
            ("  - { name: a, type: hec, endpoints: [https://a] }", "'sinks.0.token' is missing"),
            ("  - { name: a, type: hec, token: t }", "'sinks.0.endpoints' is missing: where the sink is reached"),
            (
                "  - { name: a, type: hec, token: \"t\\nX: y\", endpoints: [https://a] }",
                "'sinks.0.token' holds a character that no token has"
            ),
            (
                "  - { name: a, type: hec, token: t, endpoints: [http://splunk] }",
                "'sinks.0.endpoints.0' must be https://HOST[:PORT], without a path; http only on loopback"
            ),
            (
                "  - { name: a, type: otlp, endpoints: [\"https://u:p@a\"] }",
                "'sinks.0.endpoints.0' must be https://HOST[:PORT], without a path; http only on loopback"
            ),
            ("  - { name: a, type: syslog, endpoints: [logs] }", "'sinks.0.endpoints.0' must be HOST:PORT"),
            (
                "  - { name: a, type: file, path: /x, records: [mail] }",
                "'sinks.0.records' takes trail and messages, not 'mail'"
            ),
            (
                "  - { name: a, type: file, path: /x, when-full: refuse-new-mail }",
                "'sinks.0.when-full' needs 'sinks.0.budget.records' or 'sinks.0.budget.octets'"
            ),
            (
                "  - { name: a, type: file, path: /x, budget: { records: 0 } }",
                "'sinks.0.budget.records' must be 1 or more"
            ),
            (
                "  - { name: a, type: file, path: /x }\n  - { name: a, type: file, path: /y }",
                "'sinks' has the name 'a' more than once: each sink needs its own"
            ),
            (
                "  - { name: a, type: file, path: /x, recods: [trail] }",
                "unknown configuration key 'sinks.0.recods.0' in the configuration file. Did you mean 'sinks.*.records.*'?"
            ),
        ])
    func wrong(_ sinks: String, _ words: String) {
        #expect(throws: ConfigurationError(words)) { try load(sinks) }
    }

    @Test(
        "are reached at a host and a port",
        arguments: [
            ("https://a", true, "a", 443), ("https://[2001:db8::1]:8088", true, "2001:db8::1", 8088),
            ("http://127.0.0.1:8088", true, "127.0.0.1", 8088), ("a:6514", false, "a", 6514),
            ("[::1]:6514", false, "::1", 6514),
        ])
    func endpoints(_ text: String, _ isWeb: Bool, _ host: String, _ port: Int) {
        let endpoint = SinkEndpoint(text, isWeb: isWeb)
        #expect(endpoint?.host == host)
        #expect(endpoint?.port == port)
    }

    @Test(
        "are nowhere else",
        arguments: [
            "http://127.evil.example", "https://a/x", "https://", "ftp://a", "https://a:0", "https://a?x",
            "https://[::1",
        ])
    func noEndpoints(_ text: String) {
        #expect(SinkEndpoint(text, isWeb: true) == nil)
    }
}
