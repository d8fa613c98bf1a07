// SPDX-License-Identifier: Apache-2.0

import Mail
import Synchronization

/// Secrets that were opened, and what was derived from them: opening and deriving at every request would cost more than
/// the request. Bounded; a sealed text is its own key, so that a new secret never meets an old one's place.
final class OpenedSecrets: Sendable {
    static let capacity = 10_000

    private let entries = Mutex<[String: SecretBytes]>([:])

    func secret(_ name: String, _ make: () throws -> SecretBytes) rethrows -> SecretBytes {
        if let known = entries.withLock({ $0[name] }) { return known }
        let secret = try make()
        entries.withLock {
            if $0.count >= Self.capacity { $0.removeAll() }
            $0[name] = secret
        }
        return secret
    }
}
