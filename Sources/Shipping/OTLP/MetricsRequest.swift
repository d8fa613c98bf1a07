// SPDX-License-Identifier: Apache-2.0

import Mail
package import Measures

/// A number that is told of, by labels, under the name that `GET /metrics` has for it.
package struct MetricReading: Hashable, Sendable {
    package enum Number: Hashable, Sendable {
        case integer(Int)
        case real(Double)
    }

    package struct Point: Hashable, Sendable {
        package let labels: [String: String]
        package let number: Number

        package init(labels: [String: String], number: Number) {
            self.labels = labels
            self.number = number
        }
    }

    package enum Data: Hashable, Sendable {
        /// Counted since the start; it never falls.
        case counter([Point])
        case gauge([Point])
        case histogram(Histogram.Reading)
    }

    /// `postern_recipients_total`
    let name: String
    let help: String
    let data: Data

    package init(name: String, help: String, data: Data) {
        self.name = name
        self.help = help
        self.data = data
    }

    var pointCount: Int {
        switch data {
        case .counter(let points), .gauge(let points): points.count
        case .histogram: 1
        }
    }

    /// UCUM, as far as the name says it.
    var unit: String? {
        let words = name.split(separator: "_")
        return words.contains("seconds") ? "s" : words.contains("bytes") ? "By" : nil
    }
}

/// `opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest`: sums and histograms are cumulative since the
/// start.
struct MetricsRequest {
    /// AGGREGATION_TEMPORALITY_CUMULATIVE
    private static let cumulative: UInt64 = 2

    let resource: OTLPResource
    let start: Timestamp
    let at: Timestamp

    func encode(_ metrics: [MetricReading]) -> [UInt8] {
        var request = Protobuf()
        request.message(1) { resourceMetrics in
            resourceMetrics.message(1) { resource.write(to: &$0) }
            resourceMetrics.message(2) { scopeMetrics in
                scopeMetrics.message(1) { resource.writeScope(to: &$0) }
                for metric in metrics { scopeMetrics.message(2) { write(metric, to: &$0) } }
            }
        }
        return request.octets
    }

    private func write(_ metric: MetricReading, to message: inout Protobuf) {
        message.text(1, metric.name)
        message.text(2, metric.help)
        if let unit = metric.unit { message.text(3, unit) }
        switch metric.data {
        case .gauge(let points):
            message.message(5) { gauge in
                for point in points { gauge.message(1) { write(point, isCounted: false, to: &$0) } }
            }
        case .counter(let points):
            message.message(7) { sum in
                for point in points { sum.message(1) { write(point, isCounted: true, to: &$0) } }
                sum.varint(2, Self.cumulative)
                // is_monotonic
                sum.varint(3, 1)
            }
        case .histogram(let reading):
            message.message(9) { histogram in
                histogram.message(1) { write(reading, to: &$0) }
                histogram.varint(2, Self.cumulative)
            }
        }
    }

    private func write(_ point: MetricReading.Point, isCounted: Bool, to message: inout Protobuf) {
        if isCounted { message.fixed64(2, start.unixNanoseconds) }
        message.fixed64(3, at.unixNanoseconds)
        switch point.number {
        case .real(let value): message.double(4, value)
        case .integer(let value): message.fixed64(6, UInt64(bitPattern: Int64(value)))
        }
        for (key, value) in point.labels.sorted(by: { $0.key < $1.key }) { message.attribute(7, key, .text(value)) }
    }

    private func write(_ reading: Histogram.Reading, to message: inout Protobuf) {
        message.fixed64(2, start.unixNanoseconds)
        message.fixed64(3, at.unixNanoseconds)
        message.fixed64(4, UInt64(clamping: reading.count))
        message.double(5, reading.sum)
        message.packed64(6, reading.counts.map { UInt64(clamping: $0) })
        message.packed64(7, reading.bounds.map(\.bitPattern))
    }
}
