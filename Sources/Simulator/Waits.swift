// SPDX-License-Identifier: Apache-2.0

/// Many durations, counted in classes that are a thirtieth apart, so that a percentile is known that well and costs no
/// memory.
struct Waits {
    private static let perDoubling = 24.0
    private var classes = [Int](repeating: 0, count: 26 * 24)
    private(set) var count = 0

    /// - Parameter seconds: from a millisecond to half a year.
    mutating func add(_ seconds: Double) {
        let number = seconds <= 0.001 ? 0 : (log2(seconds * 1000) * Self.perDoubling).rounded(.down)
        classes[min(max(Int(number), 0), classes.count - 1)] += 1
        count += 1
    }

    /// The duration that so many of a hundred do not pass; 0 where there are none.
    func percentile(_ share: Double) -> Double {
        guard count > 0 else { return 0 }
        var left = Int((Double(count) * share / 100).rounded(.up))
        for (number, count) in classes.enumerated() {
            left -= count
            // Below a millisecond is none at all.
            if left <= 0 { return number == 0 ? 0 : exp2(Double(number + 1) / Self.perDoubling) / 1000 }
        }
        return 0
    }

    // The library's own logarithm comes with Foundation alone; these are exact enough for classes of a thirtieth.
    private func log2(_ value: Double) -> Double {
        var (fraction, bits) = (value.significand, 0.0)
        for step in 1...16 {
            fraction *= fraction
            if fraction >= 2 {
                fraction /= 2
                bits += 1 / Double(1 << step)
            }
        }
        return Double(value.exponent) + bits
    }

    private func exp2(_ value: Double) -> Double {
        var (result, root, rest) = (Double(sign: .plus, exponent: Int(value.rounded(.down)), significand: 1), 2.0, 0.0)
        rest = value - value.rounded(.down)
        for _ in 0..<30 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return result
    }
}
