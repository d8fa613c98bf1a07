// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Fetches the MTA-STS policy of a domain over HTTPS (RFC 8461 §3.3).
package protocol PolicyFetching: Sendable {
    /// The text as it is served; at most `MTASTSPolicy.maximumLength` octets, in 60 seconds.
    /// - Throws: `TLSFailure` of type `sts-policy-fetch-error` or `sts-webpki-invalid`.
    func policy(of domain: Domain) async throws(TLSFailure) -> [UInt8]
}

/// Posts TLS reports to `https` addresses (RFC 8460 §5.4).
package protocol ReportPosting: Sendable {
    /// - Parameter report: JSON in gzip.
    /// - Throws: when the far side did not answer 2xx.
    func post(_ report: [UInt8], to address: String) async throws
}

/// MTA-STS policies that outlive the process (RFC 8461 §5.1).
package protocol MTASTSStore: Sendable {
    func policy(of domain: Domain) async throws -> MTASTSStored?
    func keep(_ policy: MTASTSStored, of domain: Domain) async throws
    /// Forgets what nobody may use any more.
    func removePolicies(expiredBefore moment: Timestamp) async throws
}

/// A policy as it lies in a store.
package struct MTASTSStored: Hashable, Sendable {
    package let id: String
    package let text: String
    package let fetchedAt: Timestamp
    package let expiresAt: Timestamp

    package init(id: String, text: String, fetchedAt: Timestamp, expiresAt: Timestamp) {
        self.id = id
        self.text = text
        self.fetchedAt = fetchedAt
        self.expiresAt = expiresAt
    }
}
