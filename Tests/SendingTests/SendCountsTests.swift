// SPDX-License-Identifier: Apache-2.0

import Mail
import Sending
import Testing

@Suite("Statistics of sending")
struct SendCountsTests {
    /// Counts by metric, in periods that were worked out already; remembers what it was asked.
    private struct Counted: SendCounts {
        let sums: [SendMetric: [Int64: Double]]

        func sums(of metric: SendMetric, in account: AccountID, configurationSet: String?, over span: CountedSpan)
            async throws -> [Int64: Double]
        {
            #expect(configurationSet == nil && span.period == 900)
            return sums[metric, default: [:]].filter { (span.start..<span.end).contains($0.key) }
        }
    }

    private static func point(_ at: Int64, _ attempts: Int, _ bounces: Int, _ complaints: Int, _ rejects: Int)
        -> SendDataPoint
    {
        var point = SendDataPoint(at: Timestamp(seconds: at))
        (point.deliveryAttempts, point.bounces) = (attempts, bounces)
        (point.complaints, point.rejects) = (complaints, rejects)
        return point
    }

    @Test("quarters of an hour, oldest first, this one among them, two weeks back and no further")
    func dataPoints() async throws {
        let account = try #require(AccountID("111122223333"))
        let now: Int64 = 20_000 * 900 + 450
        let (this, first) = (Int64(20_000 * 900), Int64(20_000 * 900 - 14 * 86_400 + 900))
        let counted = Counted(sums: [
            .send: [this: 5, this - 900: 7, first: 1, first - 900: 99], .bounce: [this: 2, this - 1_800: 0],
            .complaint: [this - 900: 1], .reject: [this + 900: 9, first: 4], .delivery: [this - 2_700: 3],
        ])
        #expect(
            try await counted.dataPoints(in: account, until: Timestamp(seconds: now)) == [
                Self.point(first, 1, 0, 0, 4), Self.point(this - 900, 7, 0, 1, 0), Self.point(this, 5, 2, 0, 0),
            ])
    }
}
