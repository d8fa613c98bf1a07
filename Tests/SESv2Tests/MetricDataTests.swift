// SPDX-License-Identifier: Apache-2.0

import Sending
import Testing

@testable import AWSWire
@testable import JSON
@testable import SESv2

@Suite("Queries for metric data")
struct MetricDataTests {
    private static let sound = """
        {"Id":"a","Namespace":"VDM","Metric":"SEND","Dimensions":{"CONFIGURATION_SET":"news"},\
        "StartDate":86460,"EndDate":259201}
        """

    private func question(_ json: String) throws -> BatchGetMetricData.Question {
        let value = try JSONValue(parsing: json, maximumDepth: 16, allowsRepeatedNames: true)
        return try BatchGetMetricData.Question(try WireDecoder(value).decode(BatchGetMetricData.Query.self))
    }

    @Test("are read with whole days of UTC")
    func reads() throws {
        let read = try question(Self.sound)
        #expect(read.id == "a" && read.metric == .send && read.configurationSet == "news")
        #expect(read.span == CountedSpan(start: 86_400, end: 345_600, period: 86_400))
        let midnight = try question(Self.sound.replacing("259201", with: "259200"))
        #expect(midnight.span.end == 259_200)
        for (word, metric) in [("DELIVERY", SendMetric.delivery), ("COMPLAINT", .complaint)] {
            #expect(try question(Self.sound.replacing("SEND", with: word)).metric == metric)
        }
    }

    @Test(
        "are refused for what is not counted, and for spans that are none",
        arguments: [
            ("SEND", "PERMANENT_BOUNCE"), ("SEND", "TRANSIENT_BOUNCE"), ("SEND", "OPEN"), ("SEND", "send"),
            ("CONFIGURATION_SET", "ISP"), ("CONFIGURATION_SET", "EMAIL_IDENTITY"), ("VDM", "AWS/SES"),
            (#""Id":"a""#, #""Id":"""#), ("259201", "86460"), ("259201", "5400000"), ("86460", "-1"),
            ("259201", "1e300"),
        ])
    func refuses(_ part: String, _ other: String) throws {
        #expect(throws: (any Error).self) { try question(Self.sound.replacing(part, with: other)) }
    }
}
