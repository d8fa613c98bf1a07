// SPDX-License-Identifier: Apache-2.0

/// One key of the configuration file: where it stands, what it holds, what it means.
///
/// The table `ConfigurationKey.all` is the only list: start-up refuses what is not in it, and a test compares it with
/// `docs/configuration.md`.
package struct ConfigurationKey: Hashable, Sendable {
    package enum Kind: String, Sendable { case string, integer, number, boolean }

    /// `smtp.submission.*.port`; `*` is a list index.
    package let path: String
    package let kind: Kind
    package let isSecret: Bool

    init(_ path: String, _ kind: Kind = .string, secret: Bool = false) {
        self.path = path
        self.kind = kind
        isSecret = secret
    }

    package static let all: [ConfigurationKey] =
        [
            .init("data-directory"),
            .init("region"),
            .init("account-id"),
            .init("public-url"),
            .init("store"),
            .init("log.level"),
            .init("root.access-key-id"),
            .init("root.secret-access-key", secret: true),
            .init("console.anonymous", .boolean),
            .init("smtp.hostname"),
            .init("smtp.tls.certificate"),
            .init("smtp.tls.key"),
            .init("smtp.maximum-sessions", .integer),
            .init("smtp.maximum-sessions-per-address", .integer),
            .init("smtp.bounce-domain"),
            .init("smtp.feedback-addresses.*"),
            .init("smtp.inbound.*.host"),
            .init("smtp.inbound.*.port", .integer),
            .init("resolver.servers.*"),
            .init("resolver.trust-anchor"),
            .init("identities.verification"),
            .init("identities.signing-hosted-zone"),
            .init("identities.check-interval", .number),
            .init("delivery.route"),
            .init("delivery.relay.host"),
            .init("delivery.relay.port", .integer),
            .init("delivery.relay.tls"),
            .init("delivery.tls.trust.*"),
            .init("delivery.tls.mta-sts", .boolean),
            .init("delivery.tls.mta-sts-port", .integer),
            .init("delivery.tls.private-networks", .boolean),
            .init("delivery.tls.reports.from"),
            .init("delivery.tls.reports.organization"),
            .init("delivery.tls.reports.interval", .number),
            .init("delivery.mx-port", .integer),
            .init("delivery.hold", .boolean),
            .init("delivery.retry.*", .number),
            .init("delivery.lifetime", .number),
            .init("delivery.concurrency", .integer),
            .init("delivery.site-concurrency", .integer),
            .init("delivery.provider-rules"),
            .init("delivery.reply-rules"),
            .init("delivery.addresses.*.ip"),
            .init("delivery.addresses.*.hostname"),
            .init("delivery.addresses.*.pool"),
            .init("delivery.addresses.*.account"),
            .init("quota.per-day", .integer),
            .init("quota.per-second", .integer),
            .init("spool.reserve", .integer),
            .init("spool.synchronous"),
            .init("inbox.keep", .integer),
            .init("api.vpc-endpoint"),
            .init("master-key.file"),
            .init("master-key.environment"),
            .init("master-key.command"),
            .init("master-key.previous.file"),
            .init("master-key.previous.environment"),
            .init("master-key.previous.command"),
            .init("guardrails.sender-domains.*"),
            .init("guardrails.recipient-domains.*"),
            .init("guardrails.accounts.*.recipient-domains.*"),
            .init("guardrails.next-hops.*"),
            .init("guardrails.require-tls"),
            .init("guardrails.require-delivery-tls", .boolean),
            .init("guardrails.require-mfa-for-administration", .boolean),
            .init("guardrails.maximum-credential-age"),
            .init("guardrails.console-passwords"),
            .init("guardrails.source-networks.*"),
            .init("guardrails.forbid-public-identity-policies", .boolean),
        ] + endpoint("api") + tls("api") + endpoint("console") + endpoint("metrics")
        + listener("smtp.submission") + listener("smtp.trusted")
        + [
            .init("smtp.trusted.*.networks.*"),
            .init("smtp.trusted.*.principal"),
        ] + trail + sinks + notifications + telemetry

    private static func endpoint(_ path: String) -> [ConfigurationKey] {
        [.init("\(path).host"), .init("\(path).port", .integer)]
    }

    private static func tls(_ path: String) -> [ConfigurationKey] {
        [.init("\(path).tls.certificate"), .init("\(path).tls.key")]
    }

    private static func listener(_ path: String) -> [ConfigurationKey] {
        [
            .init("\(path).*.host"), .init("\(path).*.port", .integer), .init("\(path).*.implicit-tls", .boolean),
            .init("\(path).*.vpc-endpoint"),
        ]
    }

    /// Whether a concrete path such as `smtp.submission.0.port` is this key.
    package func matches(_ concrete: String) -> Bool {
        let pattern = path.split(separator: ".")
        let components = concrete.split(separator: ".")
        return pattern.count == components.count
            && zip(pattern, components).allSatisfy { $0 == $1 || ($0 == "*" && $1.allSatisfy(\.isNumber)) }
    }

    /// The environment variable of a concrete path: `POSTERN_SMTP_SUBMISSION_0_PORT`.
    package static func environmentName(_ concrete: String) -> String {
        "POSTERN_" + concrete.uppercased().map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
    }

    /// The concrete path that an environment variable stands for; nil when none does.
    package func path(forEnvironment name: String) -> String? {
        var rest = name.dropFirst("POSTERN_".count)
        var concrete: [String] = []
        for (index, component) in path.split(separator: ".").enumerated() {
            if index > 0 {
                guard rest.first == "_" else { return nil }
                rest = rest.dropFirst()
            }
            let wanted = component == "*" ? String(rest.prefix { $0.isNumber }) : Self.environmentSpelling(component)
            guard !wanted.isEmpty, rest.hasPrefix(wanted) else { return nil }
            rest = rest.dropFirst(wanted.count)
            concrete.append(component == "*" ? wanted : String(component))
        }
        return rest.isEmpty ? concrete.joined(separator: ".") : nil
    }

    private static func environmentSpelling(_ component: Substring) -> String {
        component.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }
}
