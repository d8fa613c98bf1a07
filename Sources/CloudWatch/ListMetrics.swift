// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import FoundationEssentials
import Mail
import Monitoring

/// The account's metrics of the last two weeks, 500 at a time.
struct ListMetrics: Operation {
    static let route = monitoring
    static let page = 500
    /// Seconds that a metric is shown after its last value.
    static let shown: Int64 = 14 * 86_400

    struct Input: Decodable {
        var namespace: String?
        var metricName: String?
        var dimensions: [WireDimension]?
        var nextToken: String?
        var recentlyActive: String?
    }
    struct Output: Encodable {
        struct Listed: Encodable {
            let namespace: String
            let metricName: String
            let dimensions: [WireDimension]
        }
        let metrics: [Listed]
        let nextToken: String?
    }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, context)
        guard input.recentlyActive == nil || input.recentlyActive == "PT3H" else {
            throw ServiceError("InvalidParameterValue", "The value for parameter RecentlyActive is invalid.")
        }
        let dimensions = try (input.dimensions ?? []).map { dimension in
            (name: try Words.required(dimension.name, "Dimensions.Name"), value: dimension.value)
        }
        guard dimensions.count <= 10 else {
            throw ServiceError("InvalidParameterValue", "The collection Dimensions must have at most 10 members.")
        }
        let now = services.book.now().seconds
        let filter = MetricFilter(
            namespace: input.namespace, name: input.metricName, dimensions: dimensions,
            since: now - (input.recentlyActive == nil ? Self.shown : 3 * 3600),
            after: try input.nextToken.map(Self.metric))
        let found = try await services.metrics.metrics(in: caller.account, filter, limit: Self.page + 1)
        let shown = found.prefix(Self.page)
        return Output(
            metrics: shown.map {
                .init(namespace: $0.namespace, metricName: $0.name, dimensions: $0.dimensions.map { WireDimension($0) })
            }, nextToken: found.count > Self.page ? try shown.last.map(Self.token) : nil)
    }

    private static func token(_ metric: Metric) throws -> String {
        try JSONEncoder().encode(metric).base64EncodedString()
    }

    private static func metric(_ token: String) throws -> Metric {
        guard let data = Data(base64Encoded: token), let metric = try? JSONDecoder().decode(Metric.self, from: data)
        else { throw ServiceError("InvalidNextToken", "The next token is not valid.") }
        return metric
    }
}
