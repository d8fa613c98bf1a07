// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage
import Testing

@Suite("A proof ends, and what it cannot decide it does not claim")
struct ProverLimitTests {
    @Test(arguments: [
        (SendProperty(), "demands nothing"),
        (property { $0.recipients = [] }, "1 to 64 patterns"),
        (property { $0.recipients = Array(repeating: "a", count: 65) }, "1 to 64 patterns"),
        (property { $0.senders = [""] }, "1 to 512 bytes"),
        (property { $0.senders = [String(repeating: "*", count: 513)] }, "1 to 512 bytes"),
        (property { $0.senders = [String(repeating: "a?", count: 60_000)] }, "1 to 512 bytes"),
        (property { $0.sources = ["10.0.0.0/33"] }, "'10.0.0.0/33' is no network"),
        (property { $0.sources = ["everywhere"] }, "is no network"),
    ])
    func refusesProperties(property: SendProperty, words: String) {
        #expect { try property.check() } throws: { "\($0)".contains(words) }
        guard case .undecided(let why) = Prover(PolicySet(), principal: app, guarded: true).prove(property) else {
            Issue.record("a property that is none was decided")
            return
        }
        #expect(why.contains(words))
    }

    private static func property(_ change: (inout SendProperty) -> Void) -> SendProperty {
        var property = SendProperty()
        change(&property)
        return property
    }

    @Test func thousandsOfLettersAreNoTrap() throws {
        let long = String(repeating: "a", count: 2_000)
        let values = (0..<50).map { "\"\(long)\($0)*\"" }.joined(separator: ",")
        let policy = allowing(on: "*", condition: #"{"StringLike":{"my:key":[\#(values)]}}"#)
        _ = try Proving(policy, recipients: ["*@example.com"]).outcome()
    }

    @Test func tooManyPatternsAreUndecided() throws {
        // Each star doubles the ways in which the patterns can part.
        let values = (0..<40).map { "\"*\(Character(Unicode.Scalar(UInt8(97 + $0 % 26))))*\($0 % 7)*\"" }
        let policy = guardedPolicy(
            allow: #"{"StringNotLike":{"my:key":[\#(values.joined(separator: ","))]}}"#,
            deny: #"{"StringLike":{"my:key":[\#(values.reversed().joined(separator: ","))]}}"#)
        #expect(try Proving(policy, recipients: ["*@example.com"]).doubt()?.contains("patterns") == true)
    }

    /// Which of many keys are set so that none of many clauses fails: a riddle that only trying solves.
    @Test(.timeLimit(.minutes(1))) func tooManyCombinationsAreUndecided() throws {
        // Pigeons: 12 in 11 holes, no two in one.
        let (pigeons, holes) = (12, 11)
        var statements = [#"{"Effect":"Allow","Action":"ses:SendEmail","Resource":"*"}"#]
        func deny(_ condition: String) {
            statements.append(#"{"Effect":"Deny","Action":"ses:*","Resource":"*","Condition":\#(condition)}"#)
        }
        for pigeon in 0..<pigeons {
            let keys = (0..<holes).map { #""my:p\#(pigeon)h\#($0)":"true""# }
            deny("{\"StringNotEquals\":{\(keys.joined(separator: ","))}}")
        }
        for hole in 0..<holes {
            for first in 0..<pigeons {
                for second in (first + 1)..<pigeons {
                    deny(#"{"StringEquals":{"my:p\#(first)h\#(hole)":"true","my:p\#(second)h\#(hole)":"true"}}"#)
                }
            }
        }
        let policy = #"{"Version":"2012-10-17","Statement":[\#(statements.joined(separator: ","))]}"#
        #expect(try Proving(policy, recipients: ["*@example.com"]).doubt()?.contains("combinations") == true)
    }

    @Test func denialsThatNeverMatterCostNothing() throws {
        let denials = (0..<300).map {
            #"{"Effect":"Deny","Action":"ses:*","Resource":"*","Condition":{"StringEquals":{"my:a\#($0)":"x","my:b\#($0)":"y"}}}"#
        }
        let allow =
            #"{"Effect":"Allow","Action":"ses:SendEmail","Resource":"*","Condition":{"ForAllValues:StringLike":{"ses:Recipients":"*@example.com"}}}"#
        let policy = #"{"Version":"2012-10-17","Statement":[\#(([allow] + denials).joined(separator: ","))]}"#
        #expect(try Proving(policy, recipients: ["*@example.com"]).holds())
        #expect(throws: Never.self) { try Proving(policy, senders: ["*@example.com"]).broken() }
    }

    @Test func aCancelledProofIsUndecided() async throws {
        let policy = try named(
            "p", allowing("ses:SendEmail", condition: #"{"StringLike":{"ses:FromAddress":"*@*x*y*z*"}}"#))
        var property = SendProperty()
        property.senders = (0..<40).map { "*\($0)*@*.example" }
        let prover = Prover(PolicySet(identity: [policy]), principal: app, guarded: true)
        let asked = property
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return prover.prove(asked)
        }
        task.cancel()
        guard case .undecided(let why) = await task.value else {
            Issue.record("it went on")
            return
        }
        #expect(why == "it was cancelled")
    }
}
