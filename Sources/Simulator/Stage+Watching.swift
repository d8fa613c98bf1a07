// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// What looks on: the sweeper and the audit that the server has, and those who measure.
extension Stage {
    mutating func sweep() {
        agenda.add(.sweep, at: now.milliseconds + Self.sweepInterval)
        let ids = records.expired(at: now)
        _ = machine.takeLearned()
        guard !ids.isEmpty else { return }
        machine.forget(ids)
        for id in ids {
            let (lane, acceptedAt) = (records.lane(of: id), records.acceptedAt(id))
            let isTried = records.attempts(of: id) > 0
            observer.expired(id, lane: lane, acceptedAt: acceptedAt, isTried: isTried, at: now)
            tally.expired(lane: lane, acceptedAt: acceptedAt, isTried: isTried, at: now)
            records.settle(id)
        }
    }

    mutating func sample() {
        agenda.add(.sample, at: now.milliseconds + Self.sampleInterval)
        tally.closeMinute()
        observer.closeMinute(at: now)
        let minute = (now.milliseconds - World.start.milliseconds) / Self.sampleInterval
        // While much goes on every fifth minute, afterwards every hour.
        let isBusy = Double(minute) * 60 < plan.acceptance + plan.lifetime
        if minute % (isBusy ? 5 : 60) == 0 { tally.sampleAges(at: now) }
        guard records.count > peakWaiting else { return }
        peakWaiting = records.count
        let memory = watch.memory()
        peakMemory = max(peakMemory, memory)
        octetsPerRecipient = Double(memory - baseline) / Double(max(1, peakWaiting))
    }

    mutating func audit() {
        agenda.add(.audit, at: now.milliseconds + Self.auditInterval)
        guard records.count > 0 else { return }
        let found = records.lanes(dueBefore: now + -Schedule.grace)
        peakLanes = max(peakLanes, found.count)
        machine.audit(found, at: now)
        observer.found(forgotten: machine.forgotten - forgotten, at: now)
        forgotten = machine.forgotten
    }

    mutating func tell(isLast: Bool = false) {
        tellAt = events + 10_000
        let wall = watch.wall()
        guard isLast || wall - toldAt >= 0.3 else { return }
        toldAt = wall
        peakMemory = max(peakMemory, watch.memory())
        watch.progress(
            SimulationProgress(
                accepted: accepted, ended: accepted - records.count, recipients: plan.recipients,
                waiting: records.count, virtualSeconds: now - World.start, events: events))
    }

    // MARK: - What came of it

    mutating func report() -> SimulationReport {
        observer.found(forgotten: machine.forgotten - forgotten, at: now)
        let ends = observer.conclude(at: now)
        var breaches: [String: Int] = [:]
        for breach in Breach.allCases { breaches[breach.rawValue] = observer.counts[breach] ?? 0 }
        return tally.report(
            plan, rules, events: events, accepted: accepted, ends: ends, peakWaiting: peakWaiting,
            peakLanes: peakLanes, breaches: breaches, examples: observer.words)
    }

    func curves(of report: SimulationReport) -> [NamedCurve] { tally.curves(of: report) }
}
