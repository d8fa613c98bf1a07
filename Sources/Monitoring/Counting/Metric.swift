// SPDX-License-Identifier: Apache-2.0

import JSON
package import Mail

/// A name and a value that tell one series of a metric from another (CloudWatch user guide, "Dimension").
package struct Dimension: Hashable, Comparable, Sendable, Codable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    package static func < (left: Self, right: Self) -> Bool { (left.name, left.value) < (right.name, right.value) }
}

/// What is measured, in CloudWatch's words: one metric with one set of dimensions, whose order says nothing.
package struct Metric: Hashable, Sendable, Codable {
    package let namespace: String
    package let name: String
    /// Sorted.
    package let dimensions: [Dimension]

    package init(_ namespace: String, _ name: String, _ dimensions: [Dimension] = []) {
        self.namespace = namespace
        self.name = name
        self.dimensions = dimensions.sorted()
    }

    /// The dimensions as one text: `[["ses:configuration-set","news"]]`. Equal dimensions have equal texts.
    package var dimensionsText: String {
        JSONValue.array(dimensions.map { .array([.string($0.name), .string($0.value)]) }).text
    }

    /// - Returns: nil for what `dimensionsText` did not write.
    package static func dimensions(_ text: String) -> [Dimension]? {
        guard case .array(let pairs)? = try? JSONValue(parsing: text, maximumDepth: 4) else { return nil }
        var dimensions: [Dimension] = []
        for pair in pairs {
            guard case .array(let texts) = pair, texts.count == 2, case .string(let name) = texts[0],
                case .string(let value) = texts[1]
            else { return nil }
            dimensions.append(Dimension(name, value))
        }
        return dimensions
    }
}

/// What is kept of the values of a span: enough for five statistics, whatever spans are put together.
package struct StatisticSet: Hashable, Sendable, Codable {
    package var count: Double
    package var sum: Double
    package var minimum: Double
    package var maximum: Double

    package init(count: Double, sum: Double, minimum: Double, maximum: Double) {
        self.count = count
        self.sum = sum
        self.minimum = minimum
        self.maximum = maximum
    }

    /// A value that was seen so often.
    package init(_ value: Double, times count: Double = 1) {
        self.init(count: count, sum: value * count, minimum: value, maximum: value)
    }

    package mutating func add(_ other: StatisticSet) {
        count += other.count
        sum += other.sum
        minimum = Swift.min(minimum, other.minimum)
        maximum = Swift.max(maximum, other.maximum)
    }
}

/// What was measured in the span that begins at a moment, in seconds since 1970.
package struct Datapoint: Hashable, Sendable {
    package let at: Int64
    package var statistics: StatisticSet

    package init(at: Int64, _ statistics: StatisticSet) {
        self.at = at
        self.statistics = statistics
    }
}

/// A minute's part of a series of an account.
package struct MetricSample: Hashable, Sendable {
    package let account: AccountID
    package let metric: Metric
    /// `Count`, `None`, …
    package let unit: String
    /// The minute: seconds since 1970, a multiple of 60.
    package let minute: Int64
    package let statistics: StatisticSet

    package init(
        account: AccountID, metric: Metric, unit: String, minute: Int64, statistics: StatisticSet
    ) {
        self.account = account
        self.metric = metric
        self.unit = unit
        self.minute = minute
        self.statistics = statistics
    }
}
