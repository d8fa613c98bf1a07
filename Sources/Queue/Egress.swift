// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A named group of addresses of one account (SES: a dedicated IP pool).
package struct PoolID: Hashable, Sendable, CustomStringConvertible {
    package let account: AccountID
    package let name: String

    package init(account: AccountID, name: String) {
        self.account = account
        self.name = name
    }

    /// `111122223333/marketing`; reads itself back.
    package var description: String { "\(account)/\(name)" }

    package init?(parsing text: some StringProtocol) {
        let halves = text.split(separator: "/", maxSplits: 1)
        guard halves.count == 2, let account = AccountID(String(halves[0])) else { return nil }
        self.init(account: account, name: String(halves[1]))
    }
}

/// One address that mail leaves from, with the name it says HELO with (SES: a dedicated IP).
package struct Egress: Hashable, Sendable {
    /// Nil: the address that the system chooses, for mail that is assigned to no pool.
    package let address: String?
    package let hostname: String
    package let pool: PoolID?

    package init(address: String?, hostname: String, pool: PoolID?) {
        self.address = address
        self.hostname = hostname
        self.pool = pool
    }
}
