// SPDX-License-Identifier: Apache-2.0

/// What a simulation came to. The same plan, rules and seed give the same report, but for what was `measured`.
package struct SimulationReport: Encodable, Sendable {
    /// How the sites of one manner were dealt with.
    package struct Outcome: Encodable, Sendable {
        package let manner: String
        package let sites: Int
        package let accepted: Int
        package let tries: Int
        package let delivered: Int
        package let bounced: Int
        package let deferred: Int
        package let expired: Int
        /// Of the expired, those that were never tried.
        package let untried: Int
    }

    package struct Hour: Encodable, Sendable {
        package let hour: Int
        package let started: Int
        package let delivered: Int
    }

    /// A day of an address that warms up.
    package struct WarmingDay: Encodable, Sendable {
        package let address: String
        package let day: Int
        package let sent: Int
        package let allowed: Int
    }

    package struct Fair: Encodable, Sendable {
        /// Jain's index over the contended minutes; nil where there was none.
        package let index: Double?
        package let worstMinute: Double
        package let contendedMinutes: Int
    }

    /// Seconds from acceptance to the first try.
    package struct Wait: Encodable, Sendable {
        package let count: Int
        package let p50: Double
        package let p99: Double
    }

    /// What the machine that played it took: another one, or another time, takes something else.
    package struct Measured: Encodable, Sendable {
        package var wallSeconds: Double
        package var eventsPerSecond: Double
        package var peakResidentOctets: Int
        /// What the simulation took at the peak of waiting recipients, for each of them.
        package var octetsPerRecipient: Double
    }

    package let recipients: Int
    package let sites: Int
    package let accounts: Int
    package let seed: UInt64
    /// Seconds from the first acceptance to the last end.
    package let virtualSeconds: Double
    package let events: Int
    package let accepted: Int
    package let delivered: Int
    package let bounced: Int
    package let expired: Int
    package let deferredTries: Int
    package let peakWaiting: Int
    package let peakLanes: Int
    package let fairness: Fair
    /// Of all accounts but the first, to ready sites that no rule limits: all of their mail but the warming, and of it what
    /// came while less of its account waited there than its share of the slots.
    package let waits: Wait
    package let calmWaits: Wait
    package let outcomes: [Outcome]
    package let hours: [Hour]
    package let warmUp: [WarmingDay]
    /// How often each limit or promise was broken; all of them are named.
    package let breaches: [String: Int]
    /// The first of them in words.
    package let examples: [String]
    package var measured: Measured?

    /// Whether every promise was kept, and the counts add up.
    package var isSound: Bool {
        breaches.values.allSatisfy { $0 == 0 } && delivered + bounced + expired == accepted && accepted == recipients
    }
}
