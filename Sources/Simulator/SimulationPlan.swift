// SPDX-License-Identifier: Apache-2.0

package import Queue

/// What a simulation is to play: who sends how much, to how many providers, from which addresses, and for how long.
///
/// Mail comes in three streams. In a *burst* everybody sends at once, the first account most; then the others go on in a
/// *trickle* while the first one's burst is still being worked off; and a *warming* stream goes on day after day from the
/// addresses that are warmed up meanwhile.
package struct SimulationPlan: Hashable, Sendable {
    package let recipients: Int
    package let sites: Int
    package var seed: UInt64 = 1
    /// The first of them sends half of all mail, the others the rest in equal parts. At least 2.
    package var accounts = 20
    /// Seconds in which the burst comes, and those at whose end the trickle does.
    package var burst = 600.0
    package var acceptance = 3 * 3_600.0
    /// Days in which addresses are warmed up and get mail of their own.
    package var warmingDays = 46
    /// Parts of what all accounts but the first send.
    package var trickleShare = 0.3
    package var warmingShare = 0.2
    /// One mail in so many is bulky.
    package var bulkyOneIn = 50
    /// Addresses of the pool `warm`, and of the pool `cold`, which begin their warm-up with the simulation. The pool
    /// `mixed` has one of each; mail without a pool has one address.
    package var warmAddresses = 4
    package var coldAddresses = 2
    /// Seconds until a recipient still waiting gets a bounce.
    package var lifetime = 50_400.0
    /// Seconds before each retry; the last one repeats.
    package var retry = RetrySchedule(delays: [60, 300, 900, 1800, 3600])
    /// Of the machine. What may be under way grows with the number of recipients, so that accounts compete for slots at
    /// every size; the window holds as many for each slot as the server's own.
    package var limits = Schedule.Limits()

    package init(recipients: Int = 10_000_000, sites: Int = 20_000) {
        self.recipients = recipients
        self.sites = sites
        let perSlot = limits.window / limits.inFlight
        limits.inFlight = min(max(recipients / 5_000, 20), 2_000)
        limits.window = limits.inFlight * perSlot
    }

    /// The first part of a reason why it cannot be played; nil where it can.
    package var fault: String? {
        if !(1...50_000_000).contains(recipients) { return "recipients are 1 to 50000000" }
        if !(20...1_000_000).contains(sites) { return "sites are 20 to 1000000" }
        if !(2...200).contains(accounts) { return "accounts are 2 to 200" }
        if !(1...48).contains(acceptance / 3_600) { return "hours are 1 to 48" }
        if !(1...48).contains(warmingDays) { return "days of warming are 1 to 48" }
        return nil
    }
}
