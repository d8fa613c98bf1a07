// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A policy as it was fetched, with the edition that the DNS named then (RFC 8461 §5.1).
package struct MTASTSCachedPolicy: Hashable, Sendable {
    package let id: String
    package let policy: MTASTSPolicy
    package let fetchedAt: Timestamp

    package init(id: String, policy: MTASTSPolicy, fetchedAt: Timestamp) {
        self.id = id
        self.policy = policy
        self.fetchedAt = fetchedAt
    }

    package var expiresAt: Timestamp { fetchedAt + Double(policy.maxAge) }
    package func isAlive(at moment: Timestamp) -> Bool { moment < expiresAt }
}
