// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Queue
import SMTP
import Testing

@testable import Delivery

@Suite("When a delay is told of")
struct DelayNoticeTests {
    private func delivery(dueAfter seconds: Double) throws -> PendingDelivery {
        let accepted = Timestamp(seconds: 1_000)
        let account = try #require(AccountID("111122223333"))
        return PendingDelivery(
            message: MessageID(region: "us-east-1", at: accepted, random: (1, 1)),
            lane: Lane(account: account, destination: "b.example"), recipients: [], dueAt: accepted + seconds,
            acceptedAt: accepted, expiresAt: accepted + 50_400)
    }

    /// The tries of a message, by when they were due: 0, 60, … and whether each told of a delay.
    private func told(_ delays: [Double]) throws -> [Bool] {
        var due = 0.0
        return try delays.map { delay in
            let delivery = try delivery(dueAfter: due)
            due += delay
            return DelayNotice.isDue(delivery, nextDue: delivery.acceptedAt + due)
        }
    }

    @Test("each moment once, by the try after which it passes; none for a short wait")
    func moments() throws {
        #expect(try told([60, 239, 1]) == [false, false, true])
        #expect(
            try told([60, 300, 900, 1_800, 3_600, 3_600, 3_600, 3_600]) == [
                false, true, false, false, true, false, false, true,
            ])
        #expect(try told([300, 300]) == [true, false])
        // Several at once are told of once.
        #expect(try told([20_000, 20_000]) == [true, false])
    }

    @Test("the outcome says when its recipients are given up, with the type of the delay")
    func outcome() async throws {
        for (delays, isTold) in [([299.0], false), ([300.0], true)] {
            var world = World()
            world.delays = delays
            world.transport = ScriptedTransport(steps: [.replies([Reply(450, .init(4, 2, 1), "later")])])
            let delivery = try await world.delivery()
            let outcome = try #require(await world.settle(delivery).outcomes.first)
            #expect(outcome.expires == (isTold ? delivery.expiresAt.milliseconds : nil))
            #expect(outcome.verdict?.delay == "General")
        }
    }

    @Test("a bounce and a delivery tell of none")
    func others() async throws {
        var world = World()
        world.delays = [900]
        world.transport = ScriptedTransport(steps: [
            .replies([Reply(550, .init(5, 1, 1), "no"), Reply(250, .init(2, 0, 0), "ok")])
        ])
        let settlement = await world.settle(try await world.delivery(["x@b.example", "y@b.example"]))
        #expect(settlement.outcomes.map(\.expires) == [nil, nil])
    }
}
