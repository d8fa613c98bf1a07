// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What the sender's options asked of delivery when the message was accepted.
///
/// Options are read again at each try; for TLS the stricter of then and now holds, and a pool that the set has now takes
/// the place of the one of then, so that an option that is taken away later loosens nothing that was promised.
package struct DeliveryTerms: Hashable, Sendable {
    /// How well a connection must be protected, weakest first.
    package enum TLSDemand: Int, Hashable, Sendable, Comparable {
        /// TLS where the peer offers it (SES: TlsPolicy OPTIONAL).
        case opportunistic = 0
        /// Never in clear (SES: TlsPolicy REQUIRE).
        case encrypted = 1
        /// To a proven host that promises the same onwards (RFC 8689 REQUIRETLS).
        case requireTLS = 2

        package static func < (left: TLSDemand, right: TLSDemand) -> Bool { left.rawValue < right.rawValue }
    }

    /// The name of the configuration set, nil for none.
    package var configurationSet: String?
    /// Whose set that is: the sender's account, or the identity's owner.
    package var configurationSetOwner: AccountID?
    /// The pool that the message must leave from; nil for the system's own address.
    package var pool: PoolID?
    package var tls: TLSDemand
    /// The identity that the message is sent as: `example.com` or an address. Lines are kept apart by it.
    package var identity: String

    package init(
        configurationSet: String? = nil, configurationSetOwner: AccountID? = nil, pool: PoolID? = nil,
        tls: TLSDemand = .opportunistic, identity: String = ""
    ) {
        self.configurationSet = configurationSet
        self.configurationSetOwner = configurationSetOwner
        self.pool = pool
        self.tls = tls
        self.identity = identity
    }
}
