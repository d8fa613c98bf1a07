// SPDX-License-Identifier: Apache-2.0

import Journal
package import Mail
package import Queue

/// What the mailbox simulator does with a delivery: everything is settled at once, and nothing leaves the machine.
package enum MailboxSimulator {
    /// The rule that verdicts name: by it the simulator's bounces are told from real ones.
    package static let rule = "mailbox-simulator"
    private static let peer = "simulator"

    /// - Parameter moment: when it is settled.
    package static func settlement(of delivery: PendingDelivery, at moment: Timestamp) -> Settlement {
        var order: [SimulatorAddress] = []
        var groups: [SimulatorAddress: [String]] = [:]
        for recipient in delivery.recipients {
            let address = SimulatorAddress(recipient) ?? .bounce
            if groups[address] == nil { order.append(address) }
            groups[address, default: []].append(recipient.description)
        }
        let events = order.flatMap { address in
            Self.events(address, groups[address] ?? [], attempt: delivery.attempts + 1, at: moment)
        }
        return Settlement(
            delivery: delivery, retry: nil,
            facts: events.map {
                Fact(at: moment, account: delivery.account, message: delivery.message, event: $0)
            })
    }

    private static func events(
        _ address: SimulatorAddress, _ recipients: [String], attempt: Int, at moment: Timestamp
    ) -> [Fact.Event] {
        var outcome = Fact.Outcome(
            recipients: recipients, attempt: attempt, peer: peer, reply: reply(address), tls: nil, milliseconds: 0,
            site: SimulatorAddress.destination)
        switch address {
        case .success, .ooto: return [.delivered(outcome)]
        case .complaint:
            let complaint = Fact.Complained(
                recipients: recipients, feedbackType: "abuse", userAgent: "Postern mailbox simulator",
                arrivedAt: moment.milliseconds)
            return [.delivered(outcome), .complained(complaint)]
        case .bounce, .suppressed:
            outcome.verdict = Fact.Verdict(
                type: "Permanent", subType: address == .bounce ? "General" : "Suppressed", party: "recipient",
                delay: "General", rule: rule)
            return [.bounced(outcome)]
        }
    }

    private static func reply(_ address: SimulatorAddress) -> String {
        switch address {
        case .success, .ooto, .complaint: "250 2.6.0 Message received"
        case .bounce: "550 5.1.1 user unknown"
        case .suppressed: "550 5.1.1 The address is suppressed: it bounced for others before"
        }
    }
}
