// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Monitoring

/// Several metrics over one stretch of time.
///
/// Limits as CloudWatch's: 500 queries; 100,800 datapoints in an answer, where the next one begins with the first query that
/// had no room. Expressions are not computed.
struct GetMetricData: Operation {
    static let route = monitoring
    static let maximumQueries = 500
    static let maximumDatapoints = 100_800

    struct Query: Decodable {
        struct Stat: Decodable {
            struct Asked: Decodable {
                var namespace: String?
                var metricName: String?
                var dimensions: [WireDimension]?
            }
            var metric: Asked?
            var period: Number?
            var stat: String?
            var unit: String?
        }
        var id: String?
        var metricStat: Stat?
        var expression: String?
        var label: String?
        var returnData: Flag?
        var accountId: String?
    }
    struct Input: Decodable {
        var metricDataQueries: [Query]?
        var startTime: WireTime?
        var endTime: WireTime?
        var nextToken: String?
        var scanBy: String?
        var maxDatapoints: Number?
    }
    struct Result: Encodable {
        let id: String
        let label: String
        let timestamps: [Moment]
        let values: [Double]
        let statusCode: String
    }
    struct Output: Encodable {
        var metricDataResults: [Result] = []
        var nextToken: String?
        let messages: [String] = []
    }

    private struct Wanted {
        let id: String
        let label: String
        let metric: Metric
        let unit: String?
        let statistic: Statistic
        let query: MetricQuery
    }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, context)
        let wanted = try Self.wanted(input, in: caller.account)
        let most = min(max(input.maxDatapoints?.value ?? Self.maximumDatapoints, 1), Self.maximumDatapoints)
        let first = try Words.offset(input.nextToken)
        guard first <= wanted.count else { throw ServiceError("InvalidNextToken", "The next token is not valid.") }
        var output = Output()
        var count = 0
        for (index, one) in wanted.enumerated().dropFirst(first) {
            let stored = try await services.metrics.datapoints(
                of: one.metric, unit: one.unit, in: caller.account, from: one.query.start, to: one.query.end,
                period: one.query.period)
            var points = one.query.fold(stored)
            if input.scanBy != "TimestampAscending" { points.reverse() }
            guard count == 0 || count + points.count <= most else {
                output.nextToken = String(index)
                break
            }
            count += points.count
            output.metricDataResults.append(
                Result(
                    id: one.id, label: one.label,
                    timestamps: points.map { Moment(milliseconds: $0.at * 1000) },
                    values: points.map { one.statistic.value(of: $0.statistics) }, statusCode: "Complete"))
        }
        return output
    }

    private static func wanted(_ input: Input, in account: AccountID) throws -> [Wanted] {
        let queries = try Words.required(input.metricDataQueries, "MetricDataQueries")
        let start = try Words.required(input.startTime, "StartTime").seconds
        let end = try Words.required(input.endTime, "EndTime").seconds
        guard (1...maximumQueries).contains(queries.count) else {
            throw fault("The collection MetricDataQueries must have 1 to \(maximumQueries) members.")
        }
        if let order = input.scanBy, !["TimestampDescending", "TimestampAscending"].contains(order) {
            throw fault("The value for parameter ScanBy is invalid.")
        }
        var wanted: [Wanted] = []
        for query in queries {
            let one = try self.wanted(query, start, end, in: account)
            guard !wanted.contains(where: { $0.id == one.id }) else {
                throw fault("The values for parameter id in parameter MetricDataQueries are not unique.")
            }
            if query.returnData?.value != false { wanted.append(one) }
        }
        return wanted
    }

    private static func wanted(_ query: Query, _ start: Int64, _ end: Int64, in account: AccountID) throws -> Wanted {
        let id = query.id ?? ""
        guard let letter = id.utf8.first, (97...122).contains(letter), id.utf8.count <= 255,
            id.utf8.allSatisfy({ $0 == 95 || (48...57).contains($0) || (97...122).contains($0 | 32) })
        else { throw fault("The value '\(id.prefix(50))' for parameter MetricDataQueries id is invalid.") }
        guard query.expression == nil else {
            throw fault("Error in expression '\(id.prefix(50))': metric math is not supported, only MetricStat is.")
        }
        guard query.accountId == nil || query.accountId == account.description else {
            throw fault("The metrics of other accounts cannot be asked for.")
        }
        guard let stat = query.metricStat, let asked = stat.metric else {
            throw fault("The query '\(id.prefix(50))' must have a MetricStat with a Metric.")
        }
        let metric = try Words.metric(asked.namespace, asked.metricName, asked.dimensions)
        let times = try MetricQuery(checking: try Words.required(stat.period, "Period").value, start, end)
        guard times.periods <= Int64(maximumDatapoints) else {
            throw fault("The query '\(id.prefix(50))' exceeds the limit of \(maximumDatapoints) datapoints.")
        }
        return Wanted(
            id: id, label: query.label ?? metric.name, metric: metric, unit: try Words.unit(stat.unit),
            statistic: try Words.statistic(try Words.required(stat.stat, "Stat")), query: times)
    }

    private static func fault(_ why: String) -> ServiceError { ServiceError("ValidationError", why) }
}
