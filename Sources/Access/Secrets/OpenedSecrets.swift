// SPDX-License-Identifier: Apache-2.0

import Crypto
import Mail
import Synchronization

/// Secrets that were opened, and what was derived from them: opening and deriving at every request would cost more than
/// the request. Bounded; kept under the digest of what they came from, so that a new secret never meets an old one's
/// place and no key of the table is itself a secret.
final class OpenedSecrets: Sendable {
    static let capacity = 10_000

    private let entries = Mutex<[SHA256Digest: SecretBytes]>([:])

    /// What a sealed text holds.
    func opened(_ sealed: String, _ open: () throws -> SecretBytes) rethrows -> SecretBytes {
        try kept(SHA256.hash(data: Array(sealed.utf8)), open)
    }

    /// What follows from a secret for one purpose.
    func derived(_ purpose: String, from secret: SecretBytes, _ make: () throws -> SecretBytes) rethrows -> SecretBytes
    {
        try kept(SHA256.hash(data: Array(purpose.utf8) + [0] + secret.exposed), make)
    }

    private func kept(_ key: SHA256Digest, _ make: () throws -> SecretBytes) rethrows -> SecretBytes {
        if let known = entries.withLock({ $0[key] }) { return known }
        let secret = try make()
        entries.withLock {
            if $0.count >= Self.capacity { $0.removeAll() }
            $0[key] = secret
        }
        return secret
    }
}
