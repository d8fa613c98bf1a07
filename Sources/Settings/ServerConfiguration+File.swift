// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Mail

extension ServerConfiguration {
    /// - Throws: `ConfigurationError`.
    package init(_ file: ConfigurationFile) throws {
        let values = Values(file: file)
        dataDirectory = try values.required("data-directory")
        region = values.string("region") ?? "us-east-1"
        guard let account = AccountID(try values.required("account-id")) else {
            throw ConfigurationError("'account-id' must be twelve digits, in quotes so that YAML keeps leading zeros")
        }
        accountID = account
        root = RootKey(
            id: try values.required("root.access-key-id"),
            secret: SecretBytes(Array(try values.required("root.secret-access-key").utf8)))
        logLevel = values.string("log.level") ?? "info"
        publicURL = values.string("public-url")
        if let store = values.string("store"), store != "sqlite" {
            throw ConfigurationError("'store' must be sqlite: this version has no other engine")
        }
        api = try values.endpoint("api", port: 8025)
        apiTLS = try values.certificate("api.tls")
        apiVPCEndpoint = values.string("api.vpc-endpoint")
        console = file.contains("console") ? try values.endpoint("console", port: 8026) : nil
        consoleIsAnonymous = values.bool("console.anonymous") ?? false
        metrics = file.contains("metrics") ? try values.endpoint("metrics", port: 8027) : nil
        telemetry = try Telemetry(values)
        smtp = try SMTP(values)
        resolver = Resolver(
            servers: values.list("resolver.servers"), trustAnchor: values.string("resolver.trust-anchor"))
        identities = try Identities(values)
        delivery = try Delivery(values)
        delivery.addresses = try SendingAddress.all(values, hostname: smtp.hostname, account: accountID)
        quota = Quota(perDay: values.int("quota.per-day"), perSecond: values.int("quota.per-second"))
        spool = Spool(
            reserve: values.int("spool.reserve") ?? 64 << 20,
            synchronous: try values.choice("spool.synchronous", default: .full))
        masterKey = try values.secretSource("master-key")
        previousMasterKey = try values.secretSource("master-key.previous")
        guardrails = try GuardrailSettings(values)
        trail = try Trail(values)
        notifications = try Notifications(values)
        sinks = try Sink.all(values, hostname: smtp.hostname)
        inboxKeep = values.int("inbox.keep") ?? 10_000
        try check()
    }

    private func check() throws {
        if consoleIsAnonymous, let console, !Self.isLoopback(console.host) {
            throw ConfigurationError(
                "'console.anonymous' is allowed on loopback only: set 'console.host' to 127.0.0.1 or remove it")
        }
        for trusted in smtp.trusted where trusted.networks.isEmpty {
            throw ConfigurationError("'smtp.trusted' needs 'networks': who may connect without signing in")
        }
        if delivery.route == .relay, let relay = delivery.relay, !guardrails.nextHops.isEmpty,
            !guardrails.nextHops.contains(relay.host)
        {
            throw ConfigurationError(
                "'delivery.relay.host' \(relay.host) is not among 'guardrails.next-hops': name it there or change the relay"
            )
        }
        if delivery.route == .mx, !guardrails.nextHops.isEmpty {
            throw ConfigurationError(
                "'guardrails.next-hops' pins the route: set 'delivery.route: relay' to one of them")
        }
        if delivery.route == .relay, delivery.relay == nil {
            throw ConfigurationError("'delivery.route: relay' needs 'delivery.relay.host'")
        }
    }

    /// Whether only this machine can reach the address.
    package static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}

extension ServerConfiguration.SMTP {
    init(_ values: Values) throws {
        hostname = values.string("smtp.hostname") ?? "localhost"
        tls = try values.certificate("smtp.tls")
        submission = try values.file.indices(of: "smtp.submission").map { index in
            try .init(values, at: "smtp.submission.\(index)", defaultPort: 587)
        }
        trusted = try values.file.indices(of: "smtp.trusted").map { index in
            let path = "smtp.trusted.\(index)"
            return .init(
                listener: try .init(values, at: path, defaultPort: 2525), networks: values.list("\(path).networks"),
                principal: values.string("\(path).principal") ?? "root")
        }
        inbound = try values.file.indices(of: "smtp.inbound").map { index in
            try values.endpoint("smtp.inbound.\(index)", host: "0.0.0.0", port: 25)
        }
        let bounceDomain = values.string("smtp.bounce-domain")
        do { self.bounceDomain = try Domain(parsing: bounceDomain ?? hostname) } catch {
            throw ConfigurationError(
                "'\(bounceDomain == nil ? "smtp.hostname" : "smtp.bounce-domain")' is not a domain: \(error)")
        }
        feedbackAddresses = try values.list("smtp.feedback-addresses").map { text in
            do { return try Mailbox(parsing: text) } catch {
                throw ConfigurationError("'smtp.feedback-addresses': '\(text)' is not an address: \(error)")
            }
        }
        maximumSessions = values.int("smtp.maximum-sessions") ?? 20_000
        maximumSessionsPerAddress = values.int("smtp.maximum-sessions-per-address") ?? 1_000
    }
}

extension ServerConfiguration.Listener {
    init(_ values: Values, at path: String, defaultPort: Int) throws {
        endpoint = try values.endpoint(path, host: "0.0.0.0", port: defaultPort)
        implicitTLS = values.bool("\(path).implicit-tls") ?? false
        vpcEndpoint = values.string("\(path).vpc-endpoint")
    }
}

extension ServerConfiguration.Identities {
    init(_ values: Values) throws {
        verification = try values.choice("identities.verification", default: .dns)
        checkInterval = values.number("identities.check-interval") ?? 60
        signingHostedZone = try values.string("identities.signing-hosted-zone").map { text in
            do { return try Domain(parsing: text) } catch {
                throw ConfigurationError("'identities.signing-hosted-zone' is not a domain: \(error)")
            }
        }
    }
}

extension ServerConfiguration.Delivery {
    init(_ values: Values) throws {
        route = try values.choice("delivery.route", default: .mx)
        relay = try values.string("delivery.relay.host").map { host in
            try values.endpoint("delivery.relay", host: host, port: 25)
        }
        relayTLS = try values.choice("delivery.relay.tls", default: .opportunistic)
        trust = values.list("delivery.tls.trust")
        strangers = try .init(values)
        mxPort = values.int("delivery.mx-port") ?? 25
        hold = values.bool("delivery.hold") ?? false
        let delays = values.file.indices(of: "delivery.retry").compactMap { values.number("delivery.retry.\($0)") }
        retry = delays.isEmpty ? [60, 300, 900, 1800, 3600] : delays
        lifetime = values.number("delivery.lifetime") ?? 50_400
        concurrency = values.int("delivery.concurrency") ?? 200
        siteConcurrency = values.int("delivery.site-concurrency") ?? 20
        providerRules = values.string("delivery.provider-rules")
        replyRules = values.string("delivery.reply-rules")
        addresses = []
    }
}

extension ServerConfiguration.StrangersTLS {
    init(_ values: Values) throws {
        asksMTASTS = values.bool("delivery.tls.mta-sts") ?? true
        httpsPort = values.int("delivery.tls.mta-sts-port") ?? 443
        guard (1...65535).contains(httpsPort) else {
            throw ConfigurationError("'delivery.tls.mta-sts-port' must be 1 to 65535")
        }
        allowsPrivateNetworks = values.bool("delivery.tls.private-networks") ?? false
        let path = "delivery.tls.reports"
        let interval = values.number("\(path).interval") ?? 86_400
        guard (1...86_400).contains(interval) else {
            throw ConfigurationError("'\(path).interval' must be 1 to 86400 seconds")
        }
        let organization = values.string("\(path).organization") ?? values.string("smtp.hostname") ?? "localhost"
        reports = try values.string("\(path).from").map { text in
            do {
                return Reports(
                    sender: try Mailbox(parsing: text), organization: organization, interval: interval)
            } catch { throw ConfigurationError("'\(path).from' is not an address: \(error)") }
        }
    }
}

extension ServerConfiguration.SendingAddress {
    static func all(_ values: Values, hostname: String, account: AccountID) throws -> [Self] {
        let addresses = try values.file.indices(of: "delivery.addresses").map { index in
            try Self(values, at: "delivery.addresses.\(index)", hostname: hostname, account: account)
        }
        let twice = Dictionary(grouping: addresses, by: \.ip).filter { $1.count > 1 }.keys.sorted()
        guard let ip = twice.first else { return addresses }
        throw ConfigurationError("'delivery.addresses' names \(ip) more than once")
    }

    private init(_ values: Values, at path: String, hostname: String, account: AccountID) throws {
        ip = try values.required("\(path).ip")
        guard Self.isAddress(ip) else { throw ConfigurationError("'\(path).ip' is no IP address: '\(ip)'") }
        self.hostname = values.string("\(path).hostname") ?? hostname
        do { _ = try Domain(parsing: self.hostname) } catch {
            throw ConfigurationError("'\(path).hostname' is no host name: \(error)")
        }
        pool = values.string("\(path).pool")
        let owner = values.string("\(path).account")
        guard let owner = owner.map({ AccountID($0) }) ?? account else {
            throw ConfigurationError("'\(path).account' must be twelve digits, in quotes")
        }
        self.account = owner
    }

    private static func isAddress(_ text: String) -> Bool {
        var octets = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET, text, &octets) == 1 || inet_pton(AF_INET6, text, &octets) == 1
    }
}

/// Typed look-ups with errors that name the key.
struct Values {
    let file: ConfigurationFile

    func string(_ key: String) -> String? { file.reader.string(forKey: ConfigKey(key)) }
    func int(_ key: String) -> Int? { file.reader.int(forKey: ConfigKey(key)) }
    func number(_ key: String) -> Double? { file.reader.double(forKey: ConfigKey(key)) }
    func bool(_ key: String) -> Bool? { file.reader.bool(forKey: ConfigKey(key)) }
    func list(_ key: String) -> [String] { file.indices(of: key).compactMap { string("\(key).\($0)") } }

    func required(_ key: String) throws -> String {
        guard let value = string(key), !value.isEmpty else {
            throw ConfigurationError(
                "'\(key)' is missing: set it in the file or as \(ConfigurationKey.environmentName(key))")
        }
        return value
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default value: Choice) throws -> Choice
    where Choice.RawValue == String {
        guard let text = string(key) else { return value }
        guard let choice = Choice(rawValue: text) else {
            throw ConfigurationError(
                "'\(key)' must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")), not '\(text)'")
        }
        return choice
    }

    func endpoint(_ path: String, host: String = "127.0.0.1", port: Int) throws -> ServerConfiguration.Endpoint {
        let port = int("\(path).port") ?? port
        guard (0...65535).contains(port) else { throw ConfigurationError("'\(path).port' must be 0 to 65535") }
        return .init(host: string("\(path).host") ?? host, port: port)
    }

    func certificate(_ path: String) throws -> ServerConfiguration.CertificateFiles? {
        switch (string("\(path).certificate"), string("\(path).key")) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return .init(certificate: certificate, key: key)
        default: throw ConfigurationError("'\(path).certificate' and '\(path).key' go together")
        }
    }
}
