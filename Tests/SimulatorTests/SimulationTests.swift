// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Reports
import Testing

@testable import Simulator

@Suite("Simulation")
struct SimulationTests {
    @Test("keeps every promise, and the counts add up")
    func invariants() {
        let (report, curves) = House.play(House.plan)
        // Mute sites can hold the few slots of a small plan for a while: that is no broken limit, and stays rare.
        let broken = report.breaches.filter { $0.value > 0 && $0.key != Breach.stalled.rawValue }
        #expect(broken == [:], "\(report.examples)")
        #expect(report.breaches[Breach.stalled.rawValue, default: 0] <= House.plan.recipients / 100)
        #expect(report.accepted == House.plan.recipients)
        #expect(report.delivered + report.bounced + report.expired == report.accepted)
        #expect(report.outcomes.map(\.accepted).reduce(0, +) == report.accepted)
        #expect(report.outcomes.map(\.delivered).reduce(0, +) == report.delivered)
        // Each manner was met, and did what it is for.
        #expect(report.outcomes.allSatisfy { $0.accepted > 0 && $0.delivered > 0 })
        #expect(report.outcomes.filter { $0.deferred > 0 }.map(\.manner).contains("greylisting"))
        #expect(curves.map(\.name) == ["warm-up.svg", "age.svg", "throughput.svg"])
        #expect(curves.allSatisfy { $0.curve.svg.hasPrefix("<svg") && $0.curve.svg.hasSuffix("</svg>\n") })
    }

    @Test("is the same for the same seed, and another for another")
    func seeds() {
        var plan = SimulationPlan(recipients: 5_000, sites: 100)
        plan.warmingDays = 3
        var other = plan
        other.seed = 2
        let reports = [plan, plan, other].map { House.play($0).report.text }
        #expect(reports[0] == reports[1])
        #expect(reports[0] != reports[2])
    }

    @Test("warms addresses up no faster than the plan")
    func warmUp() {
        let report = House.play(House.plan).report
        #expect(Set(report.warmUp.map(\.address)) == ["192.0.2.5", "192.0.2.6", "192.0.2.8"])
        #expect(report.warmUp.allSatisfy { $0.sent <= $0.allowed })
        // There was more to send than was allowed.
        #expect(report.warmUp.contains { $0.sent == $0.allowed })
    }
}

/// What the tests play with: few recipients, rules of every kind.
enum House {
    static var plan: SimulationPlan {
        var plan = SimulationPlan(recipients: 20_000, sites: 200)
        plan.accounts = 8
        plan.warmingDays = 4
        return plan
    }

    static var smallPlan: SimulationPlan {
        var plan = SimulationPlan(recipients: 8_000, sites: 100)
        plan.accounts = 4
        plan.warmingDays = 2
        return plan
    }

    static let rules = ProviderRules(
        providers: [
            Provider(
                name: "gmail", exchangers: ["google.com"], domains: ["gmail.com", "googlemail.com"],
                limits: [limit(.connections(1))]),
            Provider(
                name: "outlook", exchangers: ["outlook.com"], domains: ["outlook.com"],
                limits: [limit(.connections(3)), limit(.rate(rate(6, 60)))]),
            Provider(
                name: "yahoo", exchangers: ["yahoodns.net"], domains: ["yahoo.com"], limits: [limit(.connections(5))],
                lessons: [lesson("yahoo-slow", ["421"], "TSS04", .suspendPath, 600)]),
        ],
        lessons: [
            lesson("blocked", ["5"], "block", .switchAddress, 3_600),
            lesson("slower", ["421"], "too many messages", .rate(messages: 30, seconds: 60), 1_800, threshold: 3),
        ],
        plans: [
            WarmUpPlan(name: "address", days: [100, 200, 400, 800]),
            WarmUpPlan(name: "site", days: [30, 60, 120, 240]),
        ])

    static func play(_ plan: SimulationPlan) -> (report: SimulationReport, curves: [NamedCurve]) {
        var (report, curves) = Simulation(plan, rules: rules, replies: ReplyRules([])).run()
        report.measured = nil
        return (report, curves)
    }

    private static func limit(_ bound: Provider.Limit.Bound) -> Provider.Limit { .init(bound, rule: "test") }

    private static func rate(_ messages: Int, _ seconds: Double) -> Rate {
        guard let rate = Rate(messages: messages, period: seconds) else { preconditionFailure("a rate that is none") }
        return rate
    }

    private static func lesson(
        _ name: String, _ codes: [String], _ phrase: String, _ act: Lesson.Act, _ duration: Double, threshold: Int = 1
    ) -> TeachingRule {
        TeachingRule(
            name: name, codes: codes, phrases: [ReplyPhrase(phrase)].compactMap(\.self), act: act, duration: duration,
            threshold: threshold)
    }
}
