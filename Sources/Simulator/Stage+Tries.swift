// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// A try as it is played: it begins, the receiver says something after a while, it ends.
extension Stage {
    mutating func start(_ assignment: Assignment) {
        let id = assignment.delivery.id
        let lane = records.lane(of: id)
        let acceptedAt = records.acceptedAt(id)
        let isOver = assignment.delivery.expiresAt <= now
        observer.started(assignment, lane: lane, acceptedAt: acceptedAt, at: now)
        tally.started(
            lane: lane, acceptedAt: acceptedAt, attempts: records.attempts(of: id),
            isCalm: records.isCalm(id), at: now)
        records.begin(id)
        let (site, address) = (world.site(ofLane: lane), observer.address(of: assignment.egress))
        let (speech, delay) =
            isOver
            ? (nil, 0)
            : receivers[site].answer(
                address: address ?? 0, isBulky: assignment.delivery.lane.isBulky, at: now - World.start, &draw)
        let trial = Trial(id: id, lane: lane, site: site, address: address, speech: speech, startedAt: now)
        let place = freePlaces.popLast() ?? trials.count
        if place == trials.count { trials.append(trial) } else { trials[place] = trial }
        agenda.add(.end(place), at: now.milliseconds + max(1, Int64(delay * 1000)))
    }

    mutating func end(_ place: Int) {
        guard let trial = trials[place] else { return }
        trials[place] = nil
        freePlaces.append(place)
        let acceptedAt = records.acceptedAt(trial.id)
        guard let speech = trial.speech else {
            return finish(trial, .expired, nil, PathReport(result: .untried, sent: 0), acceptedAt)
        }
        let meaning = vocabulary.meaning(of: speech, provider: providers[trial.site])
        let report = PathReport(
            result: speech.isReached ? .open : .unreachable(reply: meaning.words), sent: meaning.isTaken ? 1 : 0,
            lessons: meaning.lessons)
        if meaning.isFinal { return finish(trial, meaning.isTaken ? .delivered : .bounced, nil, report, acceptedAt) }
        let retryAt = plan.retry.next(after: records.attempts(of: trial.id) + 1, at: now, random: random)
        let dueAt = min(retryAt, acceptedAt + plan.lifetime)
        records.postpone(trial.id, to: dueAt, speech)
        finish(trial, .waiting, dueAt, report, acceptedAt)
    }

    private mutating func finish(
        _ trial: Trial, _ stage: Observer.Stage, _ dueAt: Timestamp?, _ report: PathReport, _ acceptedAt: Timestamp
    ) {
        if dueAt == nil { records.settle(trial.id) }
        observer.ended(trial.id, trial, as: stage, dueAt: dueAt ?? now, lessons: report.lessons, at: now)
        tally.ended(trial, as: stage, acceptedAt: acceptedAt, at: now)
        machine.finish(trial.id, retryAt: dueAt, report: report, at: now)
    }
}
