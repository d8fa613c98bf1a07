// SPDX-License-Identifier: Apache-2.0

/// How much a shipper takes at once, how long it waits, and how far behind it may be. Times are seconds.
package struct ShippingLimits: Hashable, Sendable {
    /// How far behind a sink may be in each of its sources. Nil: as far as the disk reaches.
    package struct Budget: Hashable, Sendable {
        package enum WhenFull: String, CaseIterable, Hashable, Sendable {
            /// No mail is accepted until copies have arrived.
            case refuseNewMail = "refuse-new-mail"
            /// The oldest are never copied, and a fact says which. The originals stay.
            case dropOldestCopies = "drop-oldest-copies"
        }

        package var records: Int?
        /// Estimated from the mean size of what was read lately.
        package var octets: Int?
        package var whenFull: WhenFull

        package init(records: Int? = nil, octets: Int? = nil, whenFull: WhenFull = .refuseNewMail) {
            self.records = records
            self.octets = octets
            self.whenFull = whenFull
        }
    }

    package var batchRecords: Int
    /// Of the records' text; a record that is larger goes alone.
    package var batchOctets: Int
    package var budget: Budget
    /// Between looks for new records, when there were few; more come together in one batch meanwhile.
    package var linger = 1.0
    /// The first wait after a failure; each next one doubles, up to `longestWait`.
    package var firstWait = 1.0
    package var longestWait = 60.0
    /// Between tries while somebody has to act.
    package var stoppedWait = 300.0
    /// Between measurements of how many records wait.
    package var measureInterval = 10.0

    package init(batchRecords: Int = 500, batchOctets: Int = 1_000_000, budget: Budget = Budget()) {
        self.batchRecords = max(1, batchRecords)
        self.batchOctets = max(1, batchOctets)
        self.budget = budget
    }
}
