// SPDX-License-Identifier: Apache-2.0

import Journal
package import Mail

extension Settlement {
    /// A delivery whose time is over: its recipients bounce.
    package static func expiry(of delivery: PendingDelivery, at moment: Timestamp) -> Settlement {
        var last = delivery.lastReply.isEmpty ? "never tried" : "last reply: \(delivery.lastReply)"
        if let hold = delivery.hold { last = "held by \(hold.by): \(hold.reason); " + last }
        let outcome = Fact.Outcome(
            recipients: delivery.recipients.map(\.description), attempt: delivery.attempts, peer: "",
            reply: "554 4.4.7 Message expired: unable to deliver in time, \(last)", tls: nil, milliseconds: 0,
            verdict: Fact.Verdict(
                type: "Transient", subType: "General", party: "peer", delay: "General", rule: "expired"))
        let fact = Fact(at: moment, account: delivery.account, message: delivery.message, event: .bounced(outcome))
        return Settlement(delivery: delivery, retry: nil, facts: [fact])
    }
}
