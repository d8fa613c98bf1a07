// SPDX-License-Identifier: Apache-2.0

import Access
import Journal
import Mail
import Testing

@Suite("The damper of failures")
struct SignInDamperTests {
    private let damper = SignInDamper()
    private let account: AccountID
    private let start = Timestamp(seconds: 1_700_000_000)

    init() throws { account = try #require(AccountID("111122223333")) }

    private func event(
        from address: String, door: String = "smtp", failure: String = "WrongPassword", key: String? = "AKIA1",
        count: Int = 1
    ) -> Fact.SignedIn {
        Fact.SignedIn(
            door: door,
            call: Fact.Call(
                request: "", source: "ses.amazonaws.com", name: "SmtpAuthenticate",
                identity: Principal.unknownIdentity(accessKeyID: key), userName: nil, accessKeyID: key, agent: "x"),
            sourceAddress: address, failure: failure, count: count)
    }

    private func fact(_ event: Fact.SignedIn, after seconds: Double = 0) -> Fact {
        Fact(at: start + seconds, account: account, message: nil, event: .signedIn(event))
    }

    private func fail(_ event: Fact.SignedIn, after seconds: Double, times: Int = 1) -> [Fact] {
        (0..<times).flatMap { _ in damper.failed(event, in: account, at: start + seconds) }
    }

    @Test(
        "writes ten and counts the rest of a minute",
        arguments: [(1, [Int]()), (10, []), (11, [1]), (1_000, [990])])
    func counts(_ failures: Int, _ counted: [Int]) {
        let event = event(from: "192.0.2.1")
        #expect(fail(event, after: 0, times: failures) == Array(repeating: fact(event), count: min(failures, 10)))
        #expect(damper.due(at: start + 59.9) == [])
        #expect(damper.due(at: start + 60) == counted.map { fact(self.event(from: "192.0.2.1", count: $0)) })
        #expect(damper.due(at: start + 600) == [])
    }

    @Test("the next failure of anybody brings what is due, and each minute begins anew")
    func flushes() {
        let event = event(from: "192.0.2.1")
        _ = fail(event, after: 0, times: 10)
        _ = fail(event, after: 30, times: 5)
        let other = self.event(from: "198.51.100.1")
        #expect(
            fail(other, after: 61) == [
                fact(self.event(from: "192.0.2.1", count: 5), after: 30), fact(other, after: 61),
            ])
        #expect(fail(event, after: 62, times: 10).count == 10)
    }

    @Test("doors and networks are counted apart, a /64 of IPv6 together")
    func networks() {
        #expect(fail(event(from: "192.0.2.1"), after: 0, times: 20).count == 10)
        #expect(fail(event(from: "192.0.2.1", door: "api"), after: 0, times: 20).count == 10)
        #expect(fail(event(from: "192.0.2.2"), after: 0, times: 20).count == 10)
        for host in 0..<20 { _ = fail(event(from: "2001:db8:0:1::\(host)"), after: 1) }
        let due = damper.due(at: start + 100)
        #expect(due.last == fact(event(from: "2001:db8:0:1::/64", count: 10), after: 1))
        #expect(due.count == 4)
    }

    @Test("what is counted together tells what it has in common, and no more")
    func common() {
        _ = fail(event(from: "192.0.2.1"), after: 0, times: 11)
        _ = fail(event(from: "192.0.2.1", failure: "UnknownName", key: "AKIA2"), after: 5)
        #expect(
            damper.due(at: start + 60)
                == [fact(event(from: "192.0.2.1", failure: "Various", key: nil, count: 2), after: 5)])
    }

    @Test("what is no attempt is only counted")
    func probes() {
        let event = event(from: "192.0.2.1", failure: "Missing", key: nil)
        for _ in 0..<3 { #expect(damper.failed(event, in: account, at: start, isCountedOnly: true) == []) }
        #expect(
            damper.due(at: start + 60) == [fact(self.event(from: "192.0.2.1", failure: "Missing", key: nil, count: 3))])
    }

    @Test("twenty thousand networks in a minute cost no more than the bound, and none is forgotten")
    func flood() {
        var facts: [Fact] = []
        for number in 0..<20_000 {
            facts += fail(event(from: "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)"), after: 0)
        }
        #expect(facts.count == SignInDamper.writtenInAll)
        facts += damper.due(at: start + 60)
        #expect(facts.count <= SignInDamper.writtenInAll + SignInDamper.capacity + 1)
        let counts = facts.map { if case .signedIn(let event) = $0.event { event.count } else { 0 } }
        #expect(counts.reduce(0, +) == 20_000)
        guard case .signedIn(let last)? = facts.last?.event else { return }
        #expect(last.sourceAddress == "elsewhere")
    }

    @Test("the oldest network gives way to a new one, with its count")
    func eviction() {
        _ = fail(event(from: "192.0.2.1"), after: 0, times: 12)
        for number in 0..<SignInDamper.capacity - 1 {
            _ = damper.failed(
                event(from: "10.0.\(number >> 8).\(number & 255)"), in: account, at: start, isCountedOnly: true)
        }
        let new = event(from: "198.51.100.1")
        #expect(fail(new, after: 1) == [fact(event(from: "192.0.2.1", count: 2)), fact(new, after: 1)])
    }

    @Test("a clock that is set back ends the minutes that began after it")
    func backwards() {
        _ = fail(event(from: "192.0.2.1"), after: 1_000, times: 11)
        #expect(damper.due(at: start) == [fact(event(from: "192.0.2.1", count: 1), after: 1_000)])
    }

    @Test("failures that could not be kept come again")
    func givesBack() {
        let failed = fail(event(from: "192.0.2.1"), after: 0)
        damper.giveBack(failed)
        #expect(damper.due(at: start + 1) == failed)
        #expect(damper.due(at: start + 1) == [])
    }
}
