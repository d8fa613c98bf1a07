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
/// What was verified stays verified while the DNS is out of order, so that a zone's bad hour stops nobody's mail. A look
/// takes its time: it writes what it found and nothing else, and only where the identity is still the one it looked for.
package struct IdentityVerifier: Sendable {
    /// SES gives up 72 hours after the identity was made.
    package static let patience = 72.0 * 3600

    let store: any IdentityStore
    let book: IdentityBook
    let dns: any DNSLookup
    /// Where reports are received: what the MX of a MAIL FROM domain must name.
    let feedbackHost: Domain
    let now: Now

    package init(
        store: any IdentityStore, book: IdentityBook, dns: any DNSLookup, feedbackHost: Domain, now: @escaping Now
    ) {
        self.feedbackHost = feedbackHost
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
        try await checkMailFrom()
    }

    /// One look for one domain identity.
    /// - Returns: the identity as it is now; as it was when it is gone or is another by now.
    @discardableResult
    package func check(_ identity: Identity) async throws -> Identity {
        guard case .domain(let domain) = identity.name, let dkim = identity.dkim else { return identity }
        let key = await findKey(of: dkim, in: domain)
        let isOwned = await ownershipRecordStands(for: identity, in: domain)
        let look = Look(key: key, isOwned: isOwned, at: now())
        do {
            let updated = try await store.change(identity.name, in: identity.account, recording: nil) { current in
                guard current.verificationToken == identity.verificationToken, current.dkim?.tokens == dkim.tokens
                else { throw IdentitySuperseded() }
                look.write(into: &current)
            }
            book.forget(identity.name, in: identity.account)
            return updated
        } catch is IdentitySuperseded {
            return identity
        } catch IdentityFailure.notFound {
            return identity
        }
    }

    private func findKey(of dkim: DKIMSettings, in domain: Domain) async -> Look.Key {
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

    private static func error(of answer: Answer<TXTRecord>) -> VerificationError {
        switch answer.status {
        case .found: .invalidValue
        case .noData: .typeNotFound
        case .noName: .hostNotFound
        case .failed: .dnsServerError
        }
    }
}

/// What one look at the DNS found.
private struct Look: Sendable {
    enum Key: Sendable {
        case found(token: String)
        case missed(VerificationError)
    }

    let key: Key
    let isOwned: Bool
    let at: Timestamp

    /// Touches verification and the state of DKIM, and nothing that people set.
    func write(into identity: inout Identity) {
        let miss: VerificationStatus =
            at - identity.createdAt > IdentityVerifier.patience ? .failed : .pending
        identity.lastCheckedAt = at
        if case .found(let token) = key {
            identity.dkim?.verifiedToken = token
            identity.dkim?.status = .success
        } else if identity.dkim?.status != .success {
            identity.dkim?.status = miss
        }
        if case .missed(let error) = key, !isOwned {
            if !identity.isVerified { identity.verification = miss }
            identity.verificationError = error
        } else {
            identity.verification = .success
            identity.lastSuccessAt = at
            identity.verificationError = nil
        }
    }
}
