// SPDX-License-Identifier: Apache-2.0

/// One number out of what is kept of a span.
package enum Statistic: String, Hashable, Sendable, Codable, CaseIterable {
    case sampleCount = "SampleCount"
    case average = "Average"
    case sum = "Sum"
    case minimum = "Minimum"
    case maximum = "Maximum"

    package func value(of statistics: StatisticSet) -> Double {
        switch self {
        case .sampleCount: statistics.count
        case .average: statistics.count == 0 ? 0 : statistics.sum / statistics.count
        case .sum: statistics.sum
        case .minimum: statistics.minimum
        case .maximum: statistics.maximum
        }
    }
}

/// A stretch of time in equal periods, which begin at its start: seconds since 1970.
package struct MetricQuery: Hashable, Sendable {
    /// A multiple of 60.
    package let period: Int64
    /// A multiple of 60: CloudWatch rounds down.
    package let start: Int64
    /// Not part of it.
    package let end: Int64

    /// - Returns: nil for a period that is no multiple of a minute or longer than a day, and for a stretch that ends before
    ///   it starts or lies outside the years 1970 to 9999.
    package init?(period: Int64, start: Int64, end: Int64) {
        let known: Range<Int64> = 0..<253_402_300_800
        guard period >= 60, period <= 86_400, period % 60 == 0, known.contains(start), known.contains(end), start < end
        else { return nil }
        self.period = period
        self.start = start - start % 60
        self.end = end
    }

    package var periods: Int64 { (end - start + period - 1) / period }

    /// Puts what was measured into the periods it belongs to; a period without anything is left out.
    /// - Parameter datapoints: in any order.
    package func fold(_ datapoints: [Datapoint]) -> [Datapoint] {
        var folded: [Int64: StatisticSet] = [:]
        for datapoint in datapoints where datapoint.at >= start && datapoint.at < end {
            let at = datapoint.at - (datapoint.at - start) % period
            if folded[at]?.add(datapoint.statistics) == nil { folded[at] = datapoint.statistics }
        }
        return folded.map { Datapoint(at: $0.key, $0.value) }.sorted { $0.at < $1.at }
    }
}
