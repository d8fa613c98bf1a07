// SPDX-License-Identifier: Apache-2.0

/// Draws a number by weight in constant time, however many there are (Walker's alias method, as Vose builds it).
struct AliasTable {
    private let share: [Double]
    private let alias: [Int32]

    /// - Parameter weights: not negative, at least one of them positive.
    init(_ weights: [Double]) {
        let total = weights.reduce(0, +)
        var scaled = weights.map { $0 / total * Double(weights.count) }
        var alias = [Int32](repeating: 0, count: weights.count)
        var (small, large): ([Int], [Int]) = ([], [])
        for (index, value) in scaled.enumerated() {
            if value < 1 { small.append(index) } else { large.append(index) }
        }
        while let less = small.popLast(), let more = large.last {
            alias[less] = Int32(more)
            scaled[more] -= 1 - scaled[less]
            if scaled[more] < 1 {
                large.removeLast()
                small.append(more)
            }
        }
        (share, self.alias) = (scaled, alias)
    }

    func draw(_ draw: inout Draw) -> Int {
        let index = draw.below(share.count)
        return draw.unit() < share[index] ? index : Int(alias[index])
    }
}
