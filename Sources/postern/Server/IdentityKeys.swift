// SPDX-License-Identifier: Apache-2.0

import Authentication
import Delivery
import Mail
import Sending
import Synchronization

/// The identities' keys as delivery asks for them; parsed keys are kept, because parsing costs a fifth of a signature.
final class IdentityKeys: SigningKeys {
    private static let capacity = 10_000

    private let book: IdentityBook
    private let parsed = Mutex<[SecretBytes: DKIMKey]>([:])

    init(_ book: IdentityBook) { self.book = book }

    func signer(for domain: Domain, in account: AccountID) async throws -> DKIMSigner? {
        guard let dkim = try await book.identity(.domain(domain), in: account)?.dkim, dkim.signingEnabled,
            let selector = dkim.verifiedToken
        else { return nil }
        return DKIMSigner(domain: domain, selector: selector, key: try key(dkim.privateKey))
    }

    private func key(_ secret: SecretBytes) throws -> DKIMKey {
        if let key = parsed.withLock({ $0[secret] }) { return key }
        let key = try DKIMKey(rsaDER: secret.exposed)
        parsed.withLock {
            if $0.count >= Self.capacity { $0.removeAll() }
            $0[secret] = key
        }
        return key
    }
}
