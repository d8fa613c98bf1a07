// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Mail

/// What one sender saw of one domain's TLS in a span of time (RFC 8460 §4).
///
/// Limits: 100 policies, 100 failure details each.
package struct TLSReport: Hashable, Sendable {
    package static let maximumPolicies = 100
    package static let maximumFailures = 100

    /// Sessions under one policy.
    package struct Policy: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable, Codable {
            case tlsa, sts
            case none = "no-policy-found"
        }

        package var kind: Kind
        /// The policy as it was found: TLSA records, or the lines of the MTA-STS policy.
        package var strings: [String]
        package var domain: Domain
        /// Patterns of the MTA-STS policy.
        package var hosts: [String]
        package var successes: Int
        package var failures: [Failure]

        package init(
            kind: Kind, strings: [String], domain: Domain, hosts: [String], successes: Int, failures: [Failure]
        ) {
            self.kind = kind
            self.strings = strings
            self.domain = domain
            self.hosts = hosts
            self.successes = successes
            self.failures = failures
        }
    }

    /// Sessions that failed in one way (§4.3).
    package struct Failure: Hashable, Sendable {
        package var type: TLSResultType
        package var sendingAddress: String?
        package var receivingHost: String?
        package var receivingAddress: String?
        package var sessions: Int
        package var reason: String?

        package init(
            type: TLSResultType, sendingAddress: String?, receivingHost: String?, receivingAddress: String?,
            sessions: Int, reason: String?
        ) {
            self.type = type
            self.sendingAddress = sendingAddress
            self.receivingHost = receivingHost
            self.receivingAddress = receivingAddress
            self.sessions = sessions
            self.reason = reason
        }
    }

    package var organization: String
    package var contact: String
    package var id: String
    package var start: Timestamp
    /// The first moment that is not reported on.
    package var end: Timestamp
    package var policies: [Policy]

    package init(
        organization: String, contact: String, id: String, start: Timestamp, end: Timestamp, policies: [Policy]
    ) {
        self.organization = organization
        self.contact = contact
        self.id = id
        self.start = start
        self.end = end
        self.policies = policies
    }

    /// The report as it is sent: one JSON object in UTF-8 (§4.4).
    package func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(Wire(self)))
    }
}

/// The shape on the wire (RFC 8460 §4.4).
private struct Wire: Encodable {
    struct Span: Encodable {
        let start: String
        let end: String

        enum CodingKeys: String, CodingKey {
            case start = "start-datetime"
            case end = "end-datetime"
        }
    }

    struct Entry: Encodable {
        let policy: Policy
        let summary: Summary
        let failures: [Failure]

        enum CodingKeys: String, CodingKey {
            case policy, summary
            case failures = "failure-details"
        }
    }

    struct Policy: Encodable {
        let type: TLSReport.Policy.Kind
        let string: [String]
        let domain: String
        let hosts: [String]?

        enum CodingKeys: String, CodingKey {
            case type = "policy-type"
            case string = "policy-string"
            case domain = "policy-domain"
            case hosts = "mx-host"
        }
    }

    struct Summary: Encodable {
        let successes: Int
        let failures: Int

        enum CodingKeys: String, CodingKey {
            case successes = "total-successful-session-count"
            case failures = "total-failure-session-count"
        }
    }

    struct Failure: Encodable {
        let type: TLSResultType
        let sendingAddress: String?
        let receivingHost: String?
        let receivingAddress: String?
        let sessions: Int
        let reason: String?

        enum CodingKeys: String, CodingKey {
            case type = "result-type"
            case sendingAddress = "sending-mta-ip"
            case receivingHost = "receiving-mx-hostname"
            case receivingAddress = "receiving-ip"
            case sessions = "failed-session-count"
            case reason = "failure-reason-code"
        }
    }

    let organization: String
    let span: Span
    let contact: String
    let id: String
    let policies: [Entry]

    enum CodingKeys: String, CodingKey {
        case organization = "organization-name"
        case span = "date-range"
        case contact = "contact-info"
        case id = "report-id"
        case policies
    }

    init(_ report: TLSReport) {
        organization = report.organization
        // The span is named by its first and its last second.
        span = Span(start: Self.second(report.start), end: Self.second(report.end + -1))
        contact = report.contact
        id = report.id
        policies = report.policies.prefix(TLSReport.maximumPolicies).map { policy in
            Entry(
                policy: Policy(
                    type: policy.kind, string: policy.strings, domain: policy.domain.description,
                    hosts: policy.hosts.isEmpty ? nil : policy.hosts),
                summary: Summary(successes: policy.successes, failures: policy.failures.reduce(0) { $0 + $1.sessions }),
                failures: policy.failures.prefix(TLSReport.maximumFailures).map {
                    Failure(
                        type: $0.type, sendingAddress: $0.sendingAddress, receivingHost: $0.receivingHost,
                        receivingAddress: $0.receivingAddress, sessions: $0.sessions, reason: $0.reason)
                })
        }
    }

    private static func second(_ moment: Timestamp) -> String { moment.description.prefix(19) + "Z" }
}
