// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Monitoring

@Suite("Rules over alarms")
struct AlarmRuleTests {
    // a is in ALARM, b is OK, c knows too little, "d e" is in ALARM, nothing else is there.
    private static let states: [String: AlarmState] = ["a": .alarm, "b": .ok, "c": .insufficientData, "d e": .alarm]

    @Test(
        "are read by their precedence",
        arguments: [
            ("ALARM(a)", true), ("ALARM(b)", false), ("OK(b) AND INSUFFICIENT_DATA(c)", true),
            ("ALARM(\"d e\") AND NOT (ALARM(b) OR FALSE)", true), ("NOT ALARM(a)", false), ("TRUE", true),
            // AND before OR: without that it would be false.
            ("TRUE OR FALSE AND FALSE", true), ("(TRUE OR FALSE) AND FALSE", false),
            // NOT before AND.
            ("NOT FALSE AND FALSE", false), ("NOT (FALSE AND FALSE)", true),
            // What is not there is in no state.
            ("ALARM(z) OR OK(z) OR INSUFFICIENT_DATA(z)", false), ("NOT ALARM(z)", true),
            ("  ALARM (\n a )\tAND\rTRUE ", true),
        ])
    func holds(_ text: String, _ expected: Bool) throws {
        #expect(try AlarmRule(parsing: text).holds { Self.states[$0] } == expected)
    }

    @Test("name their alarms, by name or ARN, in quotation marks or without")
    func alarms() throws {
        let arn = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:x"
        let rule = try AlarmRule(parsing: "ALARM(\"a \\\"b\\\"\") OR OK(\(arn)) OR NOT ALARM(c) AND ALARM(c)")
        #expect(rule.alarms == ["a \"b\"", arn, "c"])
    }

    @Test(
        "that are none are told where",
        arguments: [
            "", "ALARM", "ALARM()", "ALARM(a", "ALARM(\"a)", "ALARM(a) ALARM(b)", "ALARM(a) AND", "(ALARM(a)", "AND",
            "alarm(a)", "ALARMED(a)", "AT_LEAST(1, ALARM, (a))", "NOT", "TRUEANDFALSE",
            String(repeating: "(", count: 40) + "TRUE" + String(repeating: ")", count: 40),
            String(repeating: "NOT ", count: 40) + "TRUE",
            Array(repeating: "TRUE", count: 501).joined(separator: " OR "),
            (0...100).map { "OK(a\($0))" }.joined(separator: " AND "),
            "ALARM(" + String(repeating: "a", count: 10_240) + ")",
        ])
    func faults(_ text: String) {
        #expect(throws: AlarmRule.Fault.self) { try AlarmRule(parsing: text) }
    }
}
