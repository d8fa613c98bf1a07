// SPDX-License-Identifier: Apache-2.0

/// What is accepted, and when: the three streams of a plan, each even in time, told in the order of their moments.
struct Senders {
    private struct Flow {
        let kind: Kind
        /// Milliseconds from the simulation's beginning.
        let length: Double
        let count: Int
        var sent = 0

        /// When the next one comes; nil once all have.
        var next: Int64? { sent < count ? Int64(Double(sent) * length / Double(count)) : nil }
    }

    enum Kind: Int {
        case burst
        case trickle
        case warming
    }

    private let world: World
    private var flows: [Flow]
    private let bulkyOneIn: Int
    /// Of the burst: how likely it is the first account's.
    private let firstShare: Double
    private var draw: Draw
    private(set) var next: Int64?
    private var coming = 0

    init(_ world: World, _ plan: SimulationPlan, _ draw: Draw) {
        self.world = world
        self.draw = draw
        bulkyOneIn = max(1, plan.bulkyOneIn)
        let others = plan.recipients / 2
        let trickle = Int(Double(others) * plan.trickleShare)
        let warming = Int(Double(others) * plan.warmingShare)
        let burst = plan.recipients - trickle - warming
        firstShare = Double(plan.recipients - others) / Double(max(1, burst))
        flows = [
            Flow(kind: .burst, length: plan.burst * 1000, count: burst),
            Flow(kind: .trickle, length: plan.acceptance * 1000, count: trickle),
            Flow(kind: .warming, length: Double(plan.warmingDays) * 86_400_000, count: warming),
        ]
        choose()
    }

    private mutating func choose() {
        next = nil
        for (index, flow) in flows.enumerated() {
            if let moment = flow.next, moment < next ?? .max { (next, coming) = (moment, index) }
        }
    }

    /// The next mail's lane, and how it came.
    mutating func send() -> (lane: Int32, kind: Kind) {
        let kind = flows[coming].kind
        flows[coming].sent += 1
        choose()
        let isFirst = kind == .burst && draw.unit() < firstShare
        let account = isFirst ? 0 : 1 + draw.below(world.accounts.count - 1)
        let streams = kind == .warming ? world.warmingStreams[account - 1] : world.ownStreams[account]
        let stream: Int
        if kind == .warming {
            stream = streams[draw.below(3) == 0 ? 1 : 0]
        } else if draw.below(bulkyOneIn) == 0 {
            stream = streams[streams.count - 1]
        } else {
            stream = streams[draw.below(streams.count - 1)]
        }
        return (world.lane(stream: stream, destination: world.sizes.draw(&draw)), kind)
    }
}
