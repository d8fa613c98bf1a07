// SPDX-License-Identifier: Apache-2.0

import Delivery
import Journal
import Mail
import Queue
import Testing

@Suite("The mailbox simulator")
struct MailboxSimulatorTests {
    private static let account = AccountID("111122223333")!
    private static let at = Timestamp(seconds: 1_700_000_000)

    private func settled(_ addresses: String...) throws -> [Fact.Event] {
        let id = MessageID(region: "us-east-1", at: Self.at, random: (1, 2))
        let delivery = PendingDelivery(
            message: id, lane: Lane(account: Self.account, destination: SimulatorAddress.destination),
            recipients: try addresses.map { try Mailbox(parsing: $0) }, dueAt: Self.at, acceptedAt: Self.at,
            expiresAt: Self.at + 60)
        let settlement = MailboxSimulator.settlement(of: delivery, at: Self.at + 1)
        #expect(settlement.retry == nil)
        #expect(settlement.facts.allSatisfy { $0.account == Self.account && $0.message == id && $0.at == Self.at + 1 })
        return settlement.facts.map(\.event)
    }

    private func outcome(_ address: String, _ reply: String, subType: String? = nil) -> Fact.Outcome {
        Fact.Outcome(
            recipients: [address], attempt: 1, peer: "simulator", reply: reply, tls: nil, milliseconds: 0,
            site: "simulator",
            verdict: subType.map {
                .init(type: "Permanent", subType: $0, party: "recipient", delay: "General", rule: "mailbox-simulator")
            })
    }

    @Test("each address does what SES says of it")
    func addresses() throws {
        let domain = "simulator.amazonses.com"
        #expect(
            try settled("success@\(domain)") == [.delivered(outcome("success@\(domain)", "250 2.6.0 Message received"))]
        )
        #expect(
            try settled("ooto+x@\(domain)") == [.delivered(outcome("ooto+x@\(domain)", "250 2.6.0 Message received"))])
        #expect(
            try settled("bounce@\(domain)", "nobody@\(domain)").first
                == .bounced(
                    Fact.Outcome(
                        recipients: ["bounce@\(domain)", "nobody@\(domain)"], attempt: 1, peer: "simulator",
                        reply: "550 5.1.1 user unknown", tls: nil, milliseconds: 0, site: "simulator",
                        verdict: .init(
                            type: "Permanent", subType: "General", party: "recipient", delay: "General",
                            rule: "mailbox-simulator"))))
        guard case .bounced(let listed) = try settled("suppressionlist@\(domain)").first else {
            return #expect(Bool(false))
        }
        #expect(listed.verdict?.subType == "Suppressed")
        let complained = try settled("Complaint+label@\(domain)")
        #expect(complained.count == 2)
        #expect(complained.first == .delivered(outcome("Complaint+label@\(domain)", "250 2.6.0 Message received")))
        guard case .complained(let complaint) = complained.last else { return #expect(Bool(false)) }
        #expect(complaint.recipients == ["Complaint+label@\(domain)"] && complaint.feedbackType == "abuse")
    }

    @Test("every recipient has one outcome")
    func complete() throws {
        let domain = "SIMULATOR.amazonses.com"
        let events = try settled("success@\(domain)", "bounce@\(domain)", "success+2@\(domain)")
        let named = events.flatMap { event -> [String] in
            switch event {
            case .delivered(let outcome), .bounced(let outcome): outcome.recipients
            default: []
            }
        }
        #expect(Set(named).count == 3 && named.count == 3)
    }

    @Test(
        "is the same destination on every route, and nobody else's",
        arguments: [
            Route.capture, .mx(port: 25), .relay(host: "relay.example", port: 25, tls: .none),
        ])
    func routes(_ route: Route) throws {
        #expect(route.destination(of: try Mailbox(parsing: "bounce+1@Simulator.AmazonSES.com")) == "simulator")
        #expect(route.destination(of: try Mailbox(parsing: "bounce@amazonses.com")) != "simulator")
        #expect(SimulatorAddress(try Mailbox(parsing: "bounce@x.simulator.amazonses.com")) == nil)
    }
}
