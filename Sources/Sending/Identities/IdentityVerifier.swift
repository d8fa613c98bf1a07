// SPDX-License-Identifier: Apache-2.0

import Authentication
package import DNS
package import Mail

/// Looks in the DNS for what proves that a domain is its account's own.
///
/// A domain is verified by its DKIM record: the TXT at `TOKEN._domainkey.DOMAIN`, there itself or reached by CNAME,
/// must hold the identity's public key. SES v1's record, TXT `_amazonses.DOMAIN` with the verification token, verifies
/// the domain too, but does not make mail signed.
///
/// What was verified stays verified while the DNS is out of order, so that a zone's bad hour stops nobody's mail.
package struct IdentityVerifier: Sendable {
    /// SES gives up 72 hours after the identity was made.
    package static let patience = 72.0 * 3600

    private let store: any IdentityStore
    private let book: IdentityBook
    private let dns: any DNSLookup
    private let now: Now

    package init(store: any IdentityStore, book: IdentityBook, dns: any DNSLookup, now: @escaping Now) {
        self.store = store
        self.book = book
        self.dns = dns
        self.now = now
    }

    /// One round over everything that waits for verification.
    package func checkAll() async throws {
        for identity in try await store.unverified(limit: 10_000) {
            if case .domain = identity.name { try await check(identity) }
        }
    }

    /// One look for one domain identity.
    @discardableResult
    package func check(_ identity: Identity) async throws -> Identity {
        guard case .domain(let domain) = identity.name, var dkim = identity.dkim else { return identity }
        var updated = identity
        let signing = await findKey(of: dkim, in: domain)
        let owned = await ownershipRecordStands(for: identity, in: domain)
        updated.lastCheckedAt = now()
        if case .found(let token) = signing {
            dkim.verifiedToken = token
            dkim.status = .success
        } else {
            dkim.status = statusOfMiss(since: identity.createdAt)
        }
        updated.dkim = dkim
        if dkim.status == .success || owned {
            updated.verification = .success
            updated.lastSuccessAt = updated.lastCheckedAt
            updated.verificationError = nil
        } else if case .missed(let error) = signing {
            updated.verification = identity.isVerified ? .success : statusOfMiss(since: identity.createdAt)
            updated.verificationError = error
        }
        guard updated != identity else { return identity }
        try await store.update(updated, recording: nil)
        book.forget(identity.name, in: identity.account)
        return updated
    }

    private enum KeyLookup {
        case found(token: String)
        case missed(VerificationError)
    }

    private func findKey(of dkim: DKIMSettings, in domain: Domain) async -> KeyLookup {
        var error = VerificationError.hostNotFound
        for token in dkim.tokens {
            let answer = await dns.txt("\(token)._domainkey.\(domain)")
            if answer.records.contains(where: {
                DKIMKeyRecord(parsing: $0.text)?.holds(publicKeySPKI: dkim.publicKey) == true
            }) {
                return .found(token: token)
            }
            error = Self.error(of: answer)
        }
        return .missed(error)
    }

    private func ownershipRecordStands(for identity: Identity, in domain: Domain) async -> Bool {
        await dns.txt("_amazonses.\(domain)").records.contains { $0.text == identity.verificationToken }
    }

    private func statusOfMiss(since start: Timestamp) -> VerificationStatus {
        now() - start > Self.patience ? .failed : .pending
    }

    private static func error(of answer: Answer<TXTRecord>) -> VerificationError {
        switch answer.status {
        case .found: .invalidValue
        case .noData: .typeNotFound
        case .noName: .hostNotFound
        case .failed: .dnsServerError
        }
    }
}
