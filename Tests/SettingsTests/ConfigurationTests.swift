// SPDX-License-Identifier: Apache-2.0

import Mail
import Settings
import Testing

@Suite("Configuration")
struct ConfigurationTests {
    private static let minimal = """
        data-directory: /tmp/postern
        account-id: "111122223333"
        root: { access-key-id: AKIAROOTEXAMPLE0001, secret-access-key: secret }
        """

    private func load(_ yaml: String, _ environment: [String: String] = [:]) throws -> ServerConfiguration {
        try ServerConfiguration(ConfigurationFile(yaml: yaml, environment: environment))
    }

    @Test("needs little and fills in the rest")
    func defaults() throws {
        let configuration = try load(Self.minimal)
        #expect(configuration.region == "us-east-1")
        #expect(configuration.api.host == "127.0.0.1")
        #expect(configuration.api.port == 8025)
        #expect(configuration.delivery.route == .mx)
        #expect(configuration.delivery.lifetime == 50_400)
        #expect(configuration.identities.verification == .dns)
        #expect(configuration.spool.synchronous == .full)
        #expect(configuration.smtp.trusted.isEmpty)
    }

    @Test("reads lists of listeners")
    func listeners() throws {
        let yaml =
            Self.minimal + """

                smtp:
                  hostname: mail.example.com
                  submission: [ { port: 587 }, { port: 465, implicit-tls: true, vpc-endpoint: vpce-1 } ]
                  trusted: [ { port: 2525, host: 127.0.0.1, networks: [127.0.0.0/8], principal: root } ]
                """
        let smtp = try load(yaml).smtp
        #expect(smtp.submission.map(\.endpoint.port) == [587, 465])
        #expect(smtp.submission.map(\.implicitTLS) == [false, true])
        #expect(smtp.submission[1].vpcEndpoint == "vpce-1")
        #expect(smtp.trusted[0].networks == ["127.0.0.0/8"])
    }

    @Test("reads the addresses that mail leaves from")
    func addresses() throws {
        let yaml =
            Self.minimal + """

                smtp: { hostname: mail.example.com }
                delivery:
                  addresses:
                    - { ip: 192.0.2.7, hostname: out7.example.com, pool: marketing, account: "444455556666" }
                    - { ip: "2001:db8::7" }
                """
        let addresses = try load(yaml).delivery.addresses
        #expect(addresses.map(\.ip) == ["192.0.2.7", "2001:db8::7"])
        #expect(addresses.map(\.hostname) == ["out7.example.com", "mail.example.com"])
        #expect(addresses.map(\.pool) == ["marketing", nil])
        #expect(addresses.map(\.account.description) == ["444455556666", "111122223333"])
    }

    @Test("lets the environment win, list items by index")
    func environment() throws {
        let configuration = try load(
            Self.minimal + "\nsmtp: { submission: [ { port: 587 } ] }",
            ["POSTERN_SMTP_SUBMISSION_0_PORT": "2587", "POSTERN_REGION": "eu-west-1", "HOME": "/root"])
        #expect(configuration.smtp.submission[0].endpoint.port == 2587)
        #expect(configuration.region == "eu-west-1")
    }

    @Test(
        "names what is wrong",
        arguments: [
            ("delivery: { addresses: [ { ip: mx1 } ] }", "'delivery.addresses.0.ip' is no IP address: 'mx1'"),
            (
                "delivery: { addresses: [ { ip: 192.0.2.7 }, { ip: 192.0.2.7 } ] }",
                "'delivery.addresses' names 192.0.2.7 more than once"
            ),
            (
                "delivery: { addresses: [ { ip: 192.0.2.7, account: x } ] }",
                "'delivery.addresses.0.account' must be twelve digits, in quotes"
            ),
            ("regoin: x", "unknown configuration key 'regoin' in the configuration file. Did you mean 'region'?"),
            (
                "smtp: { submision: [ { port: 1 } ] }",
                "unknown configuration key 'smtp.submision.0.port' in the configuration file. "
                    + "Did you mean 'smtp.submission.*.port'?"
            ),
            ("api: { port: many }", "'api.port' must be integer, not 'many'"),
            ("delivery: { route: relay }", "'delivery.route: relay' needs 'delivery.relay.host'"),
            ("delivery: { route: mix }", "'delivery.route' must be one of mx, relay, capture, not 'mix'"),
            ("smtp: { tls: { key: a } }", "'smtp.tls.certificate' and 'smtp.tls.key' go together"),
            (
                "console: { anonymous: true, host: 0.0.0.0 }",
                "'console.anonymous' is allowed on loopback only: set 'console.host' to 127.0.0.1 or remove it"
            ),
        ])
    func refuses(yaml: String, message: String) {
        #expect(throws: ConfigurationError(message)) { try load(Self.minimal + "\n" + yaml) }
    }

    @Test("stops at an unknown environment variable of its own prefix")
    func unknownEnvironment() {
        #expect(throws: ConfigurationError.self) { try load(Self.minimal, ["POSTERN_REGOIN": "x"]) }
    }
}
