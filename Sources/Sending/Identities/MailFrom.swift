// SPDX-License-Identifier: Apache-2.0

package import Mail

/// An identity's own domain for MAIL FROM ("Using a custom MAIL FROM domain", SES developer guide): a subdomain whose MX
/// leads reports to this server and whose SPF record lets mail leave from it.
package struct MailFrom: Hashable, Sendable {
    package enum Behavior: String, Hashable, Sendable, CaseIterable {
        /// The server's own domain stands in.
        case useDefaultValue = "USE_DEFAULT_VALUE"
        /// The message is refused.
        case rejectMessage = "REJECT_MESSAGE"
    }

    package let domain: Domain
    package var status: VerificationStatus
    /// What happens to a message while the domain is not verified.
    package var behavior: Behavior
    /// Since when it is looked for, or missed: after 72 hours it has failed.
    package var since: Timestamp
    package var lastCheckedAt: Timestamp?
    package var error: VerificationError?

    package init(
        domain: Domain, status: VerificationStatus, behavior: Behavior, since: Timestamp,
        lastCheckedAt: Timestamp? = nil, error: VerificationError? = nil
    ) {
        self.domain = domain
        self.status = status
        self.behavior = behavior
        self.since = since
        self.lastCheckedAt = lastCheckedAt
        self.error = error
    }

    package var isVerified: Bool { status == .success }

    /// After one look at the DNS. A name server that did not answer changes nothing of what was found before.
    mutating func note(_ result: MailFromLook, at moment: Timestamp) {
        lastCheckedAt = moment
        switch result {
        case .found:
            (status, error) = (.success, nil)
        case .unknown:
            error = .dnsServerError
            if status == .pending, isOverdue(at: moment) { status = .failed }
        case .missed(let why):
            error = why
            if status == .success { (status, since) = (.temporaryFailure, moment) }
            if isOverdue(at: moment) { status = .failed }
        }
    }

    private func isOverdue(at moment: Timestamp) -> Bool { moment - since > IdentityVerifier.patience }
}

/// What one look at the records of a MAIL FROM domain found.
enum MailFromLook: Hashable, Sendable {
    case found
    case missed(VerificationError)
    /// Nobody answered.
    case unknown
}
