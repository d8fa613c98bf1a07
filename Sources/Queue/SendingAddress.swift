// SPDX-License-Identifier: Apache-2.0

package import Mail

/// An address that mail leaves from, as the operator declared it and as far as it is warm.
package struct SendingAddress: Hashable, Sendable {
    package var egress: Egress
    /// The day its warm-up began (any moment of it, UTC); nil for an address that is warm or was never cold.
    package var warmingSince: Timestamp?
    /// Takes nothing new: what is under way ends, and it may then be switched off.
    package var isDraining: Bool

    package init(egress: Egress, warmingSince: Timestamp? = nil, isDraining: Bool = false) {
        self.egress = egress
        self.warmingSince = warmingSince
        self.isDraining = isDraining
    }

    /// The address that the system chooses, for mail that is assigned to no pool.
    package static func system(hostname: String) -> SendingAddress {
        SendingAddress(egress: Egress(address: nil, hostname: hostname, pool: nil))
    }
}
