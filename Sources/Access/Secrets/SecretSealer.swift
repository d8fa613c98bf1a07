// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
package import Mail

/// Seals what must be had in clear later: AES-256-GCM under a data key, which lies sealed under the operator's master key.
///
/// Changing the master key re-wraps one record. A secret is bound to its purpose: a sealed key does not open as a seed.
package struct SecretSealer: Sendable {
    private let key: SymmetricKey

    init(key: SymmetricKey) { self.key = key }

    package func seal(_ secret: SecretBytes, for purpose: String) throws -> String {
        let box = try AES.GCM.seal(secret.exposed, using: key, authenticating: Array(purpose.utf8))
        guard let combined = box.combined else { throw SealFailure(description: "a secret could not be sealed") }
        return combined.base64EncodedString()
    }

    /// - Throws: `SealFailure` when it was sealed with another key, for another purpose, or was altered.
    package func open(_ sealed: String, for purpose: String) throws -> SecretBytes {
        guard let data = Data(base64Encoded: sealed), let box = try? AES.GCM.SealedBox(combined: data),
            let opened = try? AES.GCM.open(box, using: key, authenticating: Array(purpose.utf8))
        else { throw SealFailure(description: "a sealed \(purpose) cannot be opened") }
        return SecretBytes(Array(opened))
    }
}

package struct SealFailure: Error, Hashable, CustomStringConvertible {
    package let description: String
}

/// The key that secrets are sealed with, itself sealed with the operator's master key.
package struct DataKey: AccessEntity {
    package static let kind = "data-key"

    package let account: AccountID
    package let sealed: String

    package var key: String { "data-key" }
}

extension AccessDirectory {
    private static let purpose = "data key"

    /// Whether there is a data key, so that the master key must be the one it is sealed with.
    package var holdsSealedSecrets: Bool { state.find(DataKey.self, "data-key", in: managementAccount) != nil }

    /// Opens the data key, or makes it at the first start.
    /// - Parameters:
    ///   - master: any octets of 16 or more; what is used is their SHA-256.
    ///   - previous: the master key before a change: what it opens is sealed anew.
    /// - Throws: `SealFailure` that tells the operator when neither key is the right one.
    package func sealer(master: SecretBytes, previous: SecretBytes?) async throws -> SecretSealer {
        guard master.exposed.count >= 16 else {
            throw SealFailure(description: "the master key must be 16 octets long at least")
        }
        let lock = Self.wrapping(master)
        guard let stored = state.find(DataKey.self, "data-key", in: managementAccount) else {
            return try await keep(SymmetricKey(size: .bits256), lock)
        }
        if let opened = try? lock.open(stored.sealed, for: Self.purpose) {
            return SecretSealer(key: SymmetricKey(data: opened.exposed))
        }
        if let previous, let opened = try? Self.wrapping(previous).open(stored.sealed, for: Self.purpose) {
            return try await keep(SymmetricKey(data: opened.exposed), lock)
        }
        throw SealFailure(
            description: "the master key is not the one this store's secrets were sealed with; "
                + "to change it, give the old one as 'master-key.previous' at the first start with the new one")
    }

    private func keep(_ key: SymmetricKey, _ lock: SecretSealer) async throws -> SecretSealer {
        let sealed = try lock.seal(SecretBytes(key.withUnsafeBytes { Array($0) }), for: Self.purpose)
        let account = managementAccount
        try await change(nil) { $0.put(DataKey(account: account, sealed: sealed)) }
        return SecretSealer(key: key)
    }

    private static func wrapping(_ master: SecretBytes) -> SecretSealer {
        SecretSealer(key: SymmetricKey(data: SHA256.hash(data: master.exposed)))
    }
}
