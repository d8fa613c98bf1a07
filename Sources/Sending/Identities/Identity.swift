// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What an account may send as: a domain with everything beneath it, or one address.
///
/// Domain names are canonical. Address identities keep the local part's case, as SES does.
package enum IdentityName: Hashable, Sendable, CustomStringConvertible {
    case domain(Domain)
    case address(Mailbox)

    /// A name with an `@` is an address, any other a domain.
    package init(parsing text: String) throws(SyntaxError) {
        self = text.contains("@") ? .address(try Mailbox(parsing: text)) : .domain(try Domain(parsing: text))
    }

    package var domain: Domain {
        switch self {
        case .domain(let domain): domain
        case .address(let mailbox): mailbox.domain
        }
    }

    package var description: String {
        switch self {
        case .domain(let domain): domain.description
        case .address(let mailbox): mailbox.description
        }
    }
}

/// One verified, or not yet verified, sender of an account.
package struct Identity: Hashable, Sendable {
    package let account: AccountID
    package let name: IdentityName
    package let createdAt: Timestamp
    /// Whether the account has shown that the name is its own.
    package var verification: VerificationStatus
    /// Why the last look did not verify it; nil when it did or there was none.
    package var verificationError: VerificationError?
    /// The last look at the DNS; for an address, when its link was mailed last.
    package var lastCheckedAt: Timestamp?
    package var lastSuccessAt: Timestamp?
    /// The value expected at `_amazonses.DOMAIN` (SES v1 VerifyDomainIdentity); for an address, the token of its mailed link.
    package let verificationToken: String
    /// Nil for an address identity: it is signed with its domain's key, if the account has that domain.
    package var dkim: DKIMSettings?
    package var tags: [String: String]
    /// Who else may use it: sending authorization policies, documents by name.
    package var policies: [String: String] = [:]
    /// The configuration set of sends that name none; for delegates, of all their sends.
    package var configurationSet: String?
    /// Nil: MAIL FROM names the server's own domain.
    package var mailFrom: MailFrom?
    /// Whether bounces and complaints are mailed to the sender.
    package var feedbackForwarding = true

    package init(
        account: AccountID, name: IdentityName, createdAt: Timestamp, verification: VerificationStatus,
        verificationError: VerificationError? = nil, lastCheckedAt: Timestamp? = nil, lastSuccessAt: Timestamp? = nil,
        verificationToken: String, dkim: DKIMSettings?, tags: [String: String] = [:]
    ) {
        self.account = account
        self.name = name
        self.createdAt = createdAt
        self.verification = verification
        self.verificationError = verificationError
        self.lastCheckedAt = lastCheckedAt
        self.lastSuccessAt = lastSuccessAt
        self.verificationToken = verificationToken
        self.dkim = dkim
        self.tags = tags
    }

    package var isVerified: Bool { verification == .success }
}

/// SES's words for where a verification stands.
package enum VerificationStatus: String, Sendable {
    case pending = "PENDING"
    case success = "SUCCESS"
    case failed = "FAILED"
    case temporaryFailure = "TEMPORARY_FAILURE"
    case notStarted = "NOT_STARTED"
}

/// SES's words for why a look at the DNS did not verify.
package enum VerificationError: String, Sendable {
    case serviceError = "SERVICE_ERROR"
    case dnsServerError = "DNS_SERVER_ERROR"
    case hostNotFound = "HOST_NOT_FOUND"
    case typeNotFound = "TYPE_NOT_FOUND"
    case invalidValue = "INVALID_VALUE"
}

/// Easy DKIM of a domain identity: one RSA-2048 key, published under three selectors so that a later key can
/// take one over while the others still verify mail under way.
package struct DKIMSettings: Hashable, Sendable {
    package var signingEnabled: Bool
    package var status: VerificationStatus
    /// Selectors, in SES's form: 32 lower-case letters and digits.
    package let tokens: [String]
    /// The selector whose record was seen in the DNS last; mail is signed with it.
    package var verifiedToken: String?
    /// The private key as PKCS#8 DER; sealed where it lies in a store (`SealedIdentities`). Never logged, never listed.
    package var privateKey: SecretBytes
    /// The public key as SubjectPublicKeyInfo DER: the `p=` of the DNS record.
    package let publicKey: [UInt8]

    package init(
        signingEnabled: Bool, status: VerificationStatus, tokens: [String], verifiedToken: String?,
        privateKey: SecretBytes, publicKey: [UInt8]
    ) {
        self.signingEnabled = signingEnabled
        self.status = status
        self.tokens = tokens
        self.verifiedToken = verifiedToken
        self.privateKey = privateKey
        self.publicKey = publicKey
    }
}
