// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Monitoring

@Suite("Values in periods")
struct MetricQueryTests {
    @Test("periods begin at the start, which is a whole minute")
    func fold() throws {
        let query = try #require(MetricQuery(period: 120, start: 65, end: 420))
        #expect((query.start, query.periods) == (60, 3))
        let folded = query.fold([
            Datapoint(at: 0, StatisticSet(9)), Datapoint(at: 60, StatisticSet(1, times: 2)),
            Datapoint(at: 120, StatisticSet(4)), Datapoint(at: 300, StatisticSet(5)),
            Datapoint(at: 420, StatisticSet(9)),
        ])
        #expect(
            folded == [
                Datapoint(at: 60, StatisticSet(count: 3, sum: 6, minimum: 1, maximum: 4)),
                Datapoint(at: 300, StatisticSet(5)),
            ])
        #expect(Statistic.allCases.map { $0.value(of: folded[0].statistics) } == [3, 2, 6, 1, 4])
    }

    @Test(
        "what makes no stretch of time is none",
        arguments: [
            (0, 0, 60), (30, 0, 60), (90, 0, 60), (86_460, 0, 60), (60, 60, 60), (60, 120, 60), (60, -60, 60),
            (60, 0, Int64.max), (Int64.max, 0, 60),
        ] as [(Int64, Int64, Int64)])
    func faults(_ period: Int64, _ start: Int64, _ end: Int64) {
        #expect(MetricQuery(period: period, start: start, end: end) == nil)
    }
}
