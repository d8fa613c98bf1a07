// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Mail
import Synchronization

/// The secrets that return paths are signed with. The newest signs; older ones still verify what they signed.
package final class ReturnPathKeys: Sendable {
    /// Octets of a secret.
    package static let secretLength = 32
    /// Seconds after which a new key takes over.
    package static let signingTime = 90.0 * 86_400
    /// Seconds for which reports count; nobody returns mail later, and a token that leaked is then worth nothing.
    package static let reportTime = 30.0 * 86_400

    package struct Key: Hashable, Sendable {
        /// Written into the token; numbers go round after 255.
        package let number: UInt8
        package let secret: SecretBytes
        package let madeAt: Timestamp

        package init(number: UInt8, secret: SecretBytes, madeAt: Timestamp) {
            self.number = number
            self.secret = secret
            self.madeAt = madeAt
        }
    }

    private let ring: Mutex<[Key]>

    /// - Parameter keys: newest first; at least one.
    package init(_ keys: [Key]) { ring = Mutex(keys) }

    /// - Parameter keys: newest first; at least one.
    package func replace(_ keys: [Key]) { ring.withLock { $0 = keys } }

    /// Newest first.
    package var keys: [Key] { ring.withLock { $0 } }

    /// - Returns: nil for an id that is not of this server's making.
    package func token(for message: MessageID, account: AccountID) -> ReturnPathToken? {
        guard message.octets != nil, let key = ring.withLock({ $0.first }) else { return nil }
        return ReturnPathToken(
            message: message, key: key.number, signature: Self.signature(of: message, account, by: key))
    }

    /// Whether the token was made here for a message of this account. Takes as long for a wrong one.
    package func verifies(_ token: ReturnPathToken, account: AccountID) -> Bool {
        guard let key = ring.withLock({ $0.first { $0.number == token.key } }) else { return false }
        let expected = Self.signature(of: token.message, account, by: key)
        guard token.signature.count == expected.count else { return false }
        return zip(token.signature, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The ring as it should be from now on: with a new key when the newest has signed long enough, and without those
    /// that nobody can return a report under any more.
    /// - Returns: nil where it should stay as it is.
    package static func rotated(_ keys: [Key], at moment: Timestamp, random: RandomBits) -> [Key]? {
        var fresh = keys
        if keys.first.map({ moment - $0.madeAt >= signingTime }) ?? true {
            let octets = (0..<secretLength / 8).flatMap { _ in withUnsafeBytes(of: random()) { Array($0) } }
            let number = keys.first.map { $0.number &+ 1 } ?? 0
            fresh.insert(Key(number: number, secret: SecretBytes(octets), madeAt: moment), at: 0)
        }
        // A key signs until its successor is made.
        let ended = zip(fresh.dropFirst(), fresh).filter { moment - $0.1.madeAt > reportTime + 86_400 }.map(\.0.number)
        fresh.removeAll { ended.contains($0.number) }
        return fresh == keys ? nil : fresh
    }

    private static func signature(of message: MessageID, _ account: AccountID, by key: Key) -> [UInt8] {
        let text = "postern return path \(account) \(message)"
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(text.utf8), using: SymmetricKey(data: key.secret.exposed))
        return Array(code.prefix(ReturnPathToken.signatureLength))
    }
}
