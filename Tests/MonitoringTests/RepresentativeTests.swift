// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Monitoring

@Suite("Reputation is over a representative volume")
struct RepresentativeTests {
    private static func buckets(_ rows: [(at: Int64, Double, Double, Double)]) -> [Representative.Bucket] {
        rows.map { Representative.Bucket(at: $0.at, volume: $0.1, hardBounces: $0.2, complaints: $0.3) }
    }

    @Test("who sent little is judged by all of it")
    func little() {
        // 100 + 300 recipients, 2 + 18 bounces, 1 complaint.
        let rates = Representative.rates(Self.buckets([(100, 100, 2, 0), (50, 300, 18, 1)]), today: 100)
        #expect(rates == .init(bounce: 0.05, complaint: 0.0025, volume: 400))
    }

    @Test("who sent much is judged by the last 10,000")
    func much() {
        // The newest two hold 10,000: the old bounces are of another time.
        let buckets = Self.buckets([(300, 4_000, 40, 4), (200, 6_000, 60, 1), (100, 90_000, 90_000, 500)])
        #expect(Representative.rates(buckets, today: 300) == .init(bounce: 0.01, complaint: 0.0005, volume: 10_000))
    }

    @Test("who sent more than that today is judged by the day")
    func today() {
        let buckets = Self.buckets([(300, 12_000, 0, 0), (200, 12_000, 240, 24), (100, 5_000, 5_000, 0)])
        #expect(Representative.rates(buckets, today: 200) == .init(bounce: 0.01, complaint: 0.001, volume: 24_000))
    }

    @Test("nothing that counts makes no rate, and reports of older mail no more than all")
    func edges() {
        #expect(Representative.rates([], today: 0) == nil)
        #expect(Representative.rates(Self.buckets([(100, 0, 3, 1)]), today: 0) == nil)
        #expect(
            Representative.rates(Self.buckets([(100, 2, 3, 0)]), today: 0) == .init(bounce: 1, complaint: 0, volume: 2))
    }
}
