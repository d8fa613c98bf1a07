// SPDX-License-Identifier: Apache-2.0

package import Mail

/// An address that the operator declared in the configuration file.
package struct DeclaredAddress: Hashable, Sendable {
    package let address: String
    /// What it says HELO with.
    package let hostname: String
    /// Nil, or `ses-shared-pool`: for mail of all accounts that is assigned to no pool, and no dedicated IP of anybody's.
    package let pool: String?
    /// Whose pool that is.
    package let account: AccountID

    package init(address: String, hostname: String, pool: String?, account: AccountID) {
        self.address = address
        self.hostname = hostname
        self.pool = pool
        self.account = account
    }

    var isShared: Bool { pool == nil || pool == DedicatedIPPool.shared }
}

/// One address of an account (SES: a dedicated IP): as it was declared, and what was decided about it since.
package struct DedicatedAddress: Hashable, Sendable {
    /// Days from the first message to what an established address may send.
    package static let warmupDays = 45.0

    /// What callers and the server decided; stands before the file.
    struct Decisions: Hashable, Sendable, Codable {
        /// Each change has the next number, so that an older one never overwrites a newer one.
        var revision = 0
        var seenAt: Timestamp
        /// Nil: as declared.
        var pool: String?
        /// When its warm-up began; nil for an address that is warm.
        var warmupBegan: Timestamp?
        /// Whether somebody set the warm-up, so that it holds whatever the account does automatically.
        var isWarmupSet = false
        var isDraining = false
    }

    package let declared: DeclaredAddress
    var decisions: Decisions

    package var address: String { declared.address }
    package var hostname: String { declared.hostname }
    package var account: AccountID { declared.account }
    package var pool: String { decisions.pool ?? declared.pool ?? DedicatedIPPool.byDefault }
    /// Takes nothing new.
    package var isDraining: Bool { decisions.isDraining }

    /// Where the warm-up stands: 0 to 100; 100 is warm.
    static func percentage(since began: Timestamp?, at moment: Timestamp) -> Int {
        guard let began else { return 100 }
        let days = (moment - began) / 86_400
        guard days > 0 else { return 0 }
        return days >= warmupDays ? 100 : Int(days / warmupDays * 100)
    }

    /// When a warm-up that stands at a percentage now would have begun; nil for one that is over.
    static func beginning(of percentage: Int, at moment: Timestamp) -> Timestamp? {
        // Half a minute more, so that rounding never shows a percent less than was asked for.
        percentage >= 100
            ? nil : moment + -(Double(max(percentage, 0)) / 100 * warmupDays * 86_400 + (percentage > 0 ? 30 : 0))
    }
}

/// A dedicated IP as SES shows it.
package struct DedicatedAddressView: Hashable, Sendable {
    package enum WarmupStatus: String, Sendable {
        case inProgress = "IN_PROGRESS"
        case done = "DONE"
        /// In a managed pool.
        case notApplicable = "NOT_APPLICABLE"
    }

    package let address: String
    package let status: WarmupStatus
    /// 0 to 100; -1 in a managed pool.
    package let percentage: Int
    package let pool: String

    package init(address: String, status: WarmupStatus, percentage: Int, pool: String) {
        self.address = address
        self.status = status
        self.percentage = percentage
        self.pool = pool
    }
}
