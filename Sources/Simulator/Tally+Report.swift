// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// What was measured, written down.
extension Tally {
    func report(
        _ plan: SimulationPlan, _ rules: ProviderRules, events: Int, accepted: Int,
        ends: (delivered: Int, bounced: Int, expired: Int), peakWaiting: Int, peakLanes: Int, breaches: [String: Int],
        examples: [String]
    ) -> SimulationReport {
        SimulationReport(
            recipients: plan.recipients, sites: plan.sites, accounts: plan.accounts, seed: plan.seed,
            virtualSeconds: last - World.start, events: events, accepted: accepted, delivered: ends.delivered,
            bounced: ends.bounced, expired: ends.expired,
            deferredTries: outcomes.reduce(0) { $0 + $1.deferred }, peakWaiting: peakWaiting, peakLanes: peakLanes,
            fairness: SimulationReport.Fair(
                index: fairness.index, worstMinute: fairness.worst, contendedMinutes: fairness.contendedMinutes),
            waits: Self.wait(allWaits), calmWaits: Self.wait(calmWaits),
            outcomes: zip(Receiver.Manner.allCases, outcomes).map(Self.outcome), hours: hours,
            warmUp: warmingDays(rules), breaches: breaches, examples: examples)
    }

    private static func wait(_ waits: Waits) -> SimulationReport.Wait {
        SimulationReport.Wait(count: waits.count, p50: waits.percentile(50), p99: waits.percentile(99))
    }

    private static func outcome(_ manner: Receiver.Manner, _ outcome: Outcome) -> SimulationReport.Outcome {
        SimulationReport.Outcome(
            manner: manner.name, sites: outcome.sites, accepted: outcome.accepted, tries: outcome.tries,
            delivered: outcome.delivered, bounced: outcome.bounced, deferred: outcome.deferred,
            expired: outcome.expired, untried: outcome.untried)
    }

    // To the last in which something started.
    private var hours: [SimulationReport.Hour] {
        let end = (starts.lastIndex { $0 > 0 } ?? 0) / 60
        return (0...end).map { hour in
            let minutes = hour * 60..<min(hour * 60 + 60, starts.count)
            return SimulationReport.Hour(
                hour: hour, started: starts[minutes].reduce(0, +), delivered: deliveries[minutes].reduce(0, +))
        }
    }

    private func warmingDays(_ rules: ProviderRules) -> [SimulationReport.WarmingDay] {
        guard let plan = rules.plan(named: ProviderRules.addressPlan) else { return [] }
        return warmingAddresses.flatMap { place, address in
            let end = arrivals[place].prefix(WarmUpPlan.length + 1).lastIndex { $0 > 0 } ?? 0
            return (1..<max(1, end + 1)).map { day in
                SimulationReport.WarmingDay(
                    address: address, day: day, sent: arrivals[place][day], allowed: plan.limit(on: day))
            }
        }
    }
}
