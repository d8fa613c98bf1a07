// SPDX-License-Identifier: Apache-2.0

package import Queue
package import Reports

/// How far a simulation is, for people who wait for it.
package struct SimulationProgress: Sendable {
    package let accepted: Int
    package let ended: Int
    package let recipients: Int
    package let waiting: Int
    /// Seconds of virtual time.
    package let virtualSeconds: Double
    package let events: Int
}

/// What a simulation may see of the real world: how long it takes, what memory it has, and whom to tell how far it is.
package struct SimulationWatch {
    /// Seconds since some moment.
    package let wall: () -> Double
    /// Octets of resident memory.
    package let memory: () -> Int
    package let progress: (SimulationProgress) -> Void

    package init(
        wall: @escaping () -> Double = { 0 }, memory: @escaping () -> Int = { 0 },
        progress: @escaping (SimulationProgress) -> Void = { _ in }
    ) {
        self.wall = wall
        self.memory = memory
        self.progress = progress
    }
}

/// Plays the queue's own code on virtual time: its schedule, shaping, warm-up and retries, against receivers that are slow,
/// greylist, throttle, are down or mute, or refuse one of our addresses.
///
/// Only what stands around the queue is made up: senders, the spool, DNS and the receivers. An observer recounts what the
/// queue does and knows nothing of how it does it.
package struct Simulation {
    package let plan: SimulationPlan
    package let rules: ProviderRules
    package let replies: ReplyRules

    package init(_ plan: SimulationPlan, rules: ProviderRules, replies: ReplyRules) {
        self.plan = plan
        self.rules = rules
        self.replies = replies
    }

    package func run(_ watch: SimulationWatch = SimulationWatch()) -> (report: SimulationReport, curves: [NamedCurve]) {
        run(watch) { world, random in
            Schedule(limits: plan.limits, rules: rules, addresses: world.addresses, random: random)
        }
    }

    /// - Parameter machine: what is played with; it gets the addresses and a source of chance.
    func run<Played: Machine>(
        _ watch: SimulationWatch, machine: (World, @escaping @Sendable () -> UInt64) -> Played
    ) -> (report: SimulationReport, curves: [NamedCurve]) {
        let before = watch.memory()
        let start = watch.wall()
        var stage = Stage(plan, rules, replies, watch, baseline: before, machine: machine)
        stage.play()
        var report = stage.report()
        let wall = watch.wall() - start
        report.measured = SimulationReport.Measured(
            wallSeconds: wall, eventsPerSecond: wall > 0 ? Double(report.events) / wall : 0,
            peakResidentOctets: stage.peakMemory, octetsPerRecipient: stage.octetsPerRecipient)
        return (report, stage.curves(of: report))
    }
}
