// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A line that deliveries wait in, one behind the other: what has all of this in common.
///
/// Lanes take turns, so that nobody waits behind another's mail; and the spool is read by lane, so that a long one costs
/// nothing while another is looked at.
package struct Lane: Hashable, Sendable {
    /// Content over so many octets is bulky and waits apart: it takes a slot for longer.
    package static let bulky = 1 << 20
    /// The destination of everything where the route is one next hop.
    package static let relay = "relay"
    /// The destination of everything where mail stays in the inbox on this machine.
    package static let capture = "capture"

    package let account: AccountID
    /// Nil for the system's own address.
    package let pool: PoolID?
    /// `capture`, `relay`, or the recipients' domain.
    package let destination: String
    /// The identity that the mail is sent as.
    package let identity: String
    package let isBulky: Bool

    package init(
        account: AccountID, pool: PoolID? = nil, destination: String, identity: String = "", isBulky: Bool = false
    ) {
        self.account = account
        self.pool = pool
        self.destination = destination
        self.identity = identity
        self.isBulky = isBulky
    }

    /// The lane of a message's mail to a destination.
    package init(of message: SpooledMessage, to destination: String) {
        self.init(
            account: message.account, pool: message.terms.pool, destination: destination,
            identity: message.terms.identity, isBulky: message.content.size > Self.bulky)
    }

    /// The same line by way of another pool.
    package func rerouted(to pool: PoolID?) -> Lane {
        Lane(account: account, pool: pool, destination: destination, identity: identity, isBulky: isBulky)
    }
}

/// Who keeps a delivery from being tried, and why.
package struct Hold: Hashable, Sendable {
    package let by: String
    package let reason: String

    package init(by: String, reason: String) {
        self.by = by
        self.reason = reason
    }
}
