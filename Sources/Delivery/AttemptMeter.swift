// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
package import Measures
import Queue

/// What tries came to, counted for whoever watches the server.
package struct AttemptMeter: Sendable {
    /// Recipients by outcome, and by whose fault it was.
    package let outcomes = Tally(["outcome", "party"])
    /// Recipients that somebody took, by how the connection was protected.
    package let protection = Tally(["version", "certificate", "policy"])
    /// Recipients by the address they were tried from.
    package let addresses = Tally(["address", "outcome"])
    /// Seconds that tries took.
    package let durations = Histogram()
    /// Seconds from acceptance to delivery.
    package let ages = Histogram(Histogram.waits)

    package init() {}

    func observe(_ settlement: Settlement) {
        for fact in settlement.facts {
            switch fact.event {
            case .delivered(let outcome):
                count(outcome, "delivered")
                ages.observe(max(0, fact.at - settlement.delivery.acceptedAt))
            case .deferred(let outcome): count(outcome, "deferred")
            case .bounced(let outcome): count(outcome, "bounced")
            default: break
            }
        }
    }

    private func count(_ outcome: Fact.Outcome, _ word: String) {
        let recipients = outcome.recipients.count
        outcomes.add(recipients, word, outcome.verdict?.party ?? "")
        addresses.add(recipients, outcome.address ?? "system", word)
        durations.observe(Double(outcome.milliseconds) / 1000)
        guard word == "delivered" else { return }
        protection.add(recipients, outcome.tls ?? "none", outcome.certificate ?? "", outcome.tlsPolicy ?? "")
    }
}
