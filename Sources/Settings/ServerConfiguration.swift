// SPDX-License-Identifier: Apache-2.0

import Configuration
package import Mail

/// Everything the server was told, checked as far as it can be without opening anything. Keys: `docs/configuration.md`.
package struct ServerConfiguration: Sendable {
    package var dataDirectory: String
    package var region: String
    package var accountID: AccountID
    package var root: RootKey
    package var logLevel: String
    package var publicURL: String?
    package var notifications: Notifications
    package var api: Endpoint
    package var apiTLS: CertificateFiles?
    package var apiVPCEndpoint: String?
    package var console: Endpoint?
    package var consoleIsAnonymous: Bool
    package var metrics: Endpoint?
    package var telemetry: Telemetry
    package var smtp: SMTP
    package var resolver: Resolver
    package var identities: Identities
    package var delivery: Delivery
    package var quota: Quota
    package var spool: Spool
    /// Captured messages kept; the oldest go first.
    package var inboxKeep: Int
    /// Nil: a key in the data directory, made at the first start.
    package var masterKey: SecretSource?
    package var previousMasterKey: SecretSource?
    package var guardrails: GuardrailSettings
    package var trail: Trail
    package var sinks: [Sink]

    /// Where a secret comes from at start-up.
    package enum SecretSource: Hashable, Sendable {
        case file(String)
        case environment(String)
        /// Run by `/bin/sh`; what it prints, without the last line end, is the secret.
        case command(String)
    }

    /// The playbook as configuration: limits above every policy.
    package struct GuardrailSettings: Sendable {
        package var senderDomains: [Domain]
        package var recipientDomains: [Domain]
        package var recipientDomainsByAccount: [AccountID: [Domain]]
        package var nextHops: [String]
        /// `1.2` or `1.3`.
        package var requiredTLS: String?
        package var requiresDeliveryTLS: Bool
        package var requiresMFA: Bool
        /// Seconds.
        package var maximumCredentialAge: Double?
        package var sourceNetworks: [String]
        package var forbidsPublicIdentityPolicies: Bool
    }

    package struct RootKey: Sendable {
        package var id: String
        package var secret: SecretBytes
    }

    package struct Endpoint: Hashable, Sendable {
        package var host: String
        package var port: Int
    }

    package struct CertificateFiles: Hashable, Sendable {
        package var certificate: String
        package var key: String
    }

    package struct SMTP: Sendable {
        package var hostname: String
        package var tls: CertificateFiles?
        package var submission: [Listener]
        package var trusted: [Trusted]
        /// Where reports come back to; none, and return paths are the senders' own.
        package var inbound: [Endpoint]
        /// The domain of return paths.
        package var bounceDomain: Domain
        /// Where feedback loops report to, beside `fbl@` of the bounce domain.
        package var feedbackAddresses: [Mailbox]
        package var maximumSessions: Int
        package var maximumSessionsPerAddress: Int
    }

    package struct Listener: Hashable, Sendable {
        package var endpoint: Endpoint
        package var implicitTLS: Bool
        package var vpcEndpoint: String?
    }

    package struct Trusted: Hashable, Sendable {
        package var listener: Listener
        package var networks: [String]
        /// `root` or an ARN.
        package var principal: String
    }

    package struct Resolver: Sendable {
        package var servers: [String]
        package var trustAnchor: String?
    }

    package struct Identities: Sendable {
        package enum Verification: String, CaseIterable, Sendable { case dns, automatic }
        package var verification: Verification
        package var signingHostedZone: Domain?
        /// Seconds between looks at the DNS for what is not verified yet.
        package var checkInterval: Double
    }

    package struct Delivery: Sendable {
        package enum Route: String, CaseIterable, Sendable { case mx, relay, capture }
        package enum RelayTLS: String, CaseIterable, Sendable { case require, opportunistic, none }
        package var route: Route
        package var relay: Endpoint?
        package var relayTLS: RelayTLS
        package var trust: [String]
        package var strangers: StrangersTLS
        package var mxPort: Int
        package var hold: Bool
        /// Seconds before each retry; the last one repeats.
        package var retry: [Double]
        /// Seconds until a waiting recipient gets a bounce.
        package var lifetime: Double
        package var concurrency: Int
        package var siteConcurrency: Int
        /// Files with an operator's own rules, over the shipped ones.
        package var providerRules: String?
        package var replyRules: String?
        package var addresses: [SendingAddress]
    }

    /// What is asked and told of the TLS of recipient domains.
    package struct StrangersTLS: Sendable {
        /// Whether MTA-STS policies are asked for and kept.
        package var asksMTASTS: Bool
        /// Where policies and web addresses for reports are spoken to.
        package var httpsPort: Int
        package var allowsPrivateNetworks: Bool
        /// Nil: nobody is told.
        package var reports: Reports?

        package struct Reports: Sendable {
            package var sender: Mailbox
            package var organization: String
            /// Seconds that a report covers.
            package var interval: Double
        }
    }

    /// An address of this machine that mail leaves from.
    package struct SendingAddress: Hashable, Sendable {
        package var ip: String
        /// What it says HELO with.
        package var hostname: String
        /// Nil: the account's default pool.
        package var pool: String?
        /// Whose pool that is.
        package var account: AccountID
    }

    package struct Quota: Sendable {
        package var perDay: Int?
        package var perSecond: Int?
    }

    package struct Spool: Sendable {
        package enum Synchronous: String, CaseIterable, Sendable { case full, normal }
        /// Bytes of disk that stay free: below, mail is refused with 452.
        package var reserve: Int
        package var synchronous: Synchronous
    }
}
