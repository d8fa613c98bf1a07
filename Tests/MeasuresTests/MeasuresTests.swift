// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Measures

@Suite("Measures")
struct MeasuresTests {
    @Test("a value belongs to the first class that reaches it")
    func classes() {
        let histogram = Histogram([1, 2])
        for value in [0.5, 1, 1.5, 9] { histogram.observe(value) }
        #expect(histogram.reading == Histogram.Reading(bounds: [1, 2], counts: [2, 1, 1], sum: 12))
        #expect(histogram.reading.count == 4)
    }

    @Test("labels beyond the bound are counted together")
    func bound() {
        let tally = Tally(["site"], capacity: 1)
        tally.add(1, "a")
        tally.add(2, "b")
        tally.add(3, "c")
        tally.add(1, "a")
        #expect(tally.reading.map(\.values) == [["a"], ["other"]])
        #expect(tally.reading.map(\.count) == [2, 5])
    }
}
