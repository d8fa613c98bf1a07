// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Reports
import Testing

@testable import Simulator

/// Each promise is broken once, by a machine with a fault put in, to see that the observer finds it.
@Suite("Observer")
struct ObserverTests {
    @Test("finds a machine that breaks its promise", arguments: Fault.allCases)
    func finds(_ fault: Fault) {
        let plan = House.smallPlan
        let simulation = Simulation(plan, rules: House.rules, replies: ReplyRules([]))
        let report = simulation.run(SimulationWatch()) { world, random in
            FaultyMachine(fault, plan: plan, world: world, random: random)
        }.report
        #expect(report.breaches[fault.breach.rawValue, default: 0] > 0, "\(report.breaches)")
        #expect(!report.isSound)
    }
}

enum Fault: String, CaseIterable, CustomTestStringConvertible {
    case moreConnections, higherRate, noWarmUp, deafToLessons, moreAtOnce, wrongAddress, startsAgain, startsEarly,
        forgets
    case wrongSite, standsStill

    var testDescription: String { rawValue }

    var breach: Breach {
        switch self {
        case .moreConnections: .connections
        case .higherRate: .rate
        case .noWarmUp: .warmUp
        case .deafToLessons: .suspended
        case .moreAtOnce: .inFlight
        case .wrongAddress: .pool
        case .startsAgain: .startedTwice
        case .startsEarly: .early
        case .forgets: .forgotten
        case .wrongSite: .site
        case .standsStill: .stalled
        }
    }
}

/// A schedule that was told something else than the observer, or whose words are twisted on the way.
struct FaultyMachine: Machine {
    private var schedule: Schedule
    private let fault: Fault
    private let egresses: [Egress]
    private var again: Assignment?
    private var starts = 0
    private var underWay: [Int64: PendingDelivery] = [:]

    init(_ fault: Fault, plan: SimulationPlan, world: World, random: @escaping RandomBits) {
        self.fault = fault
        egresses = world.addresses.map(\.egress)
        var limits = plan.limits
        if fault == .moreAtOnce { limits.inFlight += 1 }
        var addresses = world.addresses
        if fault == .noWarmUp { for index in addresses.indices { addresses[index].warmingSince = nil } }
        schedule = Schedule(limits: limits, rules: Self.rules(fault), addresses: addresses, random: random)
    }

    private static func rules(_ fault: Fault) -> ProviderRules {
        let providers = House.rules.providers.map { provider in
            let limits = provider.limits.map { limit in
                switch (limit.bound, fault) {
                case (.connections(let count), .moreConnections):
                    Provider.Limit(.connections(count + 1), rule: limit.rule)
                case (.rate(let rate), .higherRate):
                    Provider.Limit(
                        .rate(Rate(messages: rate.messages * 2, period: rate.period) ?? rate), rule: limit.rule)
                default: limit
                }
            }
            return Provider(
                name: provider.name, exchangers: provider.exchangers, domains: provider.domains, limits: limits,
                lessons: provider.lessons)
        }
        return ProviderRules(providers: providers, lessons: House.rules.lessons, plans: House.rules.plans)
    }

    var wantsRead: Bool { schedule.wantsRead }
    var wakeAt: Timestamp? { schedule.wakeAt }
    var forgotten: Int { schedule.forgotten }

    mutating func offer(_ delivery: PendingDelivery, at now: Timestamp) {
        if fault == .forgets, delivery.id % 50 == 0 { return }
        schedule.offer(delivery, at: now)
    }

    mutating func next(at now: Timestamp) -> Assignment? {
        if let again {
            self.again = nil
            return again
        }
        // For half an hour nothing starts, however much may.
        if fault == .standsStill, (1_200..<3_000).contains(now - World.start) { return nil }
        guard let assignment = schedule.next(at: now) else { return nil }
        starts += 1
        if fault == .startsEarly { underWay[assignment.delivery.id] = assignment.delivery }
        guard starts == 100 else { return assignment }
        switch fault {
        case .startsAgain: again = assignment
        case .wrongAddress:
            let other = egresses.first { $0.pool != assignment.egress.pool }
            return Assignment(
                delivery: assignment.delivery, egress: other ?? assignment.egress, site: assignment.site)
        case .wrongSite:
            return Assignment(delivery: assignment.delivery, egress: assignment.egress, site: "elsewhere")
        default: break
        }
        return assignment
    }

    mutating func finish(_ id: Int64, retryAt: Timestamp?, report: PathReport, at now: Timestamp) {
        let heard = PathReport(
            result: report.result, sent: report.sent, lessons: fault == .deafToLessons ? [] : report.lessons)
        schedule.finish(id, retryAt: retryAt, report: heard, at: now)
        if let delivery = underWay.removeValue(forKey: id), retryAt != nil { schedule.offer(delivery, at: now) }
    }

    mutating func endReads(_ results: [LaneRows], at now: Timestamp) { schedule.endReads(results, at: now) }
    mutating func forget(_ ids: [Int64]) { schedule.forget(ids) }
    mutating func questions(atMost count: Int, at now: Timestamp) -> [String] {
        schedule.questions(atMost: count, at: now)
    }
    mutating func resolved(_ name: String, site: String, lifetime: Double, at now: Timestamp) {
        schedule.resolved(name, site: site, lifetime: lifetime, at: now)
    }
    mutating func beginReads(atMost count: Int) -> [LaneRead] { schedule.beginReads(atMost: count) }
    mutating func audit(_ found: [LaneCount], at now: Timestamp) { schedule.audit(found, at: now) }
    mutating func takeLearned() -> [KeptLesson] { schedule.takeLearned() }
}
