// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Foundation
import Mail
import Monitoring
import Testing

@testable import CloudWatch

@Suite("What requests about metrics and alarms say")
struct CloudWatchTests {
    @Test(
        "moments, as the SDKs write them",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-25T10:44:45Z", 1_795_603_485_000),
            ("2026-11-25T10:44:45.5Z", 1_795_603_485_500), ("2026-11-25T10:44:45.123456Z", 1_795_603_485_123),
            ("2026-11-25T12:44:45+02:00", 1_795_603_485_000), ("2026-11-25T05:14:45-0530", 1_795_603_485_000),
            ("2026-11-25T10:44:45", 1_795_603_485_000), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("2026-03-01T00:00:00Z", 1_772_323_200_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000),
            ("", nil), ("2026-11-25", nil), ("2026-13-01T00:00:00Z", nil), ("2026-11-25T24:00:00Z", nil),
            ("1969-12-31T23:59:59Z", nil), ("2026-11-25T10:44:45.Z", nil), ("2026-11-25T10:44:45+2", nil),
            ("2026-11-25T10:44:45*0200", nil), ("2026-11-25T1a:44:45Z", nil),
        ] as [(String, Int64?)])
    func moments(_ text: String, _ milliseconds: Int64?) {
        #expect(ISOTime.milliseconds(text) == milliseconds)
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(json.utf8))
    }

    @Test("numbers and moments come as numbers or as text")
    func numbers() throws {
        #expect(try Self.decode([WireDouble].self, "[0.05,\"0.05\",\"-1e3\"]").map(\.value) == [0.05, 0.05, -1000])
        #expect(
            try Self.decode([WireTime].self, "[1.5,\"1.5\",\"1970-01-01T00:00:01.5Z\"]").map(\.milliseconds)
                == [1500, 1500, 1500])
        for json in ["\"nan\"", "\"inf\"", "\"x\"", "1e200"] {
            #expect(throws: ServiceError.self) { try Self.decode(WireDouble.self, json) }
        }
        for json in ["-1", "1e300", "\"never\"", "\"nan\""] {
            #expect(throws: ServiceError.self) { try Self.decode(WireTime.self, json) }
        }
    }

    @Test("a metric without a name, with doubled dimensions or too many is none")
    func metrics() throws {
        func dimensions(_ json: String) throws -> [WireDimension] { try Self.decode([WireDimension].self, json) }
        let pair = try dimensions(#"[{"name":"b","value":"2"},{"name":"a","value":"1"}]"#)
        #expect(
            try Words.metric("N", "m", pair) == Metric("N", "m", [Dimension("a", "1"), Dimension("b", "2")]))
        let doubled = try dimensions(#"[{"name":"a","value":"2"},{"name":"a","value":"1"}]"#)
        let empty = try dimensions(#"[{"name":"a","value":""}]"#)
        let many = Array(repeating: pair[0], count: 31)
        for wrong in [doubled, empty, many] {
            #expect(throws: ServiceError.self) { try Words.metric("N", "m", wrong) }
        }
        #expect(throws: ServiceError("MissingParameter", "The parameter MetricName is required.")) {
            try Words.metric("N", nil, nil)
        }
        for namespace in ["", ":N", "N\n", String(repeating: "n", count: 256)] {
            #expect(throws: ServiceError.self) { try Words.metric(namespace, "m", nil) }
        }
    }

    @Test("statistics that are not kept are refused by name")
    func statistics() throws {
        #expect(try Statistic.allCases.map { try Words.statistic($0.rawValue) } == Statistic.allCases)
        for name in ["p99", "IQM", "sum", ""] {
            #expect(throws: ServiceError.self) { try Words.statistic(name) }
        }
    }

    @Test(
        "an alarm looks back a day, or a week by the hour",
        arguments: [
            (60, 1_440, true), (60, 1_441, false), (3_540, 25, false), (3_600, 168, true), (3_600, 169, false),
            (86_400, 7, true), (86_400, 8, false), (60, 0, false), (60, -1, false), (90, 1, false), (0, 1, false),
        ] as [(Int64, Int64, Bool)])
    func lookingBack(_ period: Int64, _ count: Int64, _ isTaken: Bool) {
        let condition = MetricCondition(
            metric: .init("N", "m", []), statistic: .sum, period: period, evaluationPeriods: count, threshold: 1,
            comparison: .greaterOrEqual)
        #expect(((try? PutMetricAlarm.check(condition)) != nil) == isTaken)
    }

    @Test("only topics can be told")
    func actions() throws {
        func alarm(_ action: String) throws -> Alarm {
            try AlarmInput(name: "a", alarm: [action]).alarm(
                .composite(rule: "TRUE"), in: .init("111122223333")!, at: .init(seconds: 0))
        }
        let topic = "arn:aws:sns:us-east-1:111122223333:pages"
        #expect(try alarm(topic).actions == .init(alarm: [topic]))
        for wrong in [
            "", "pages", "arn:aws:automate:us-east-1:ec2:stop", "arn:aws:lambda:us-east-1:111122223333:function:f",
        ] {
            #expect(throws: ServiceError.self) { try alarm(wrong) }
        }
    }
}
