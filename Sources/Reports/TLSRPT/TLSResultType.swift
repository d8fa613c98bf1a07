// SPDX-License-Identifier: Apache-2.0

/// What went wrong with the protection of a session, in the words of TLS reports (RFC 8460 §4.3).
package enum TLSResultType: String, Hashable, Sendable, Codable, CaseIterable {
    // Negotiation (§4.3.1)
    case starttlsNotSupported = "starttls-not-supported"
    case certificateHostMismatch = "certificate-host-mismatch"
    case certificateExpired = "certificate-expired"
    case certificateNotTrusted = "certificate-not-trusted"
    case validationFailure = "validation-failure"
    // DANE (§4.3.2.1)
    case tlsaInvalid = "tlsa-invalid"
    case dnssecInvalid = "dnssec-invalid"
    case daneRequired = "dane-required"
    // MTA-STS (§4.3.2.2)
    case stsPolicyFetchError = "sts-policy-fetch-error"
    case stsPolicyInvalid = "sts-policy-invalid"
    case stsWebPKIInvalid = "sts-webpki-invalid"
}
