// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// What became of the account's mail, day by day (UTC), for all of it or for one configuration set.
///
/// Asked for are sends, deliveries and complaints: these are counted. Kinds of bounces, opens and clicks, and what is told
/// apart by identity or by provider, are not, and a query for them is refused rather than answered with something near.
struct BatchGetMetricData: Operation {
    static let route = Route.rest("POST", "/v2/email/metrics/batch")
    static let maximumQueries = 100
    /// Days that a query may go over.
    static let maximumDays: Int64 = 60
    private static let day: Int64 = 86_400

    struct Input: Decodable {
        var queries: [Query]
    }

    struct Query: Decodable {
        var id: String
        var namespace: String
        var metric: String
        var dimensions: [String: String]?
        var startDate: Moment
        var endDate: Moment
    }

    struct Output: Encodable {
        let results: [Result]
        let errors: [Failure]
    }

    struct Result: Encodable {
        let id: String
        let timestamps: [Moment]
        let values: [Int]
    }

    struct Failure: Encodable {
        let id: String
        let code: String
        let message: String
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        guard (1...Self.maximumQueries).contains(input.queries.count) else {
            throw Self.bad("Between 1 and \(Self.maximumQueries) queries are required.")
        }
        guard Set(input.queries.map(\.id)).count == input.queries.count else {
            throw Self.bad("Ids of queries must be unique.")
        }
        let questions = try input.queries.map { try Question($0) }
        var results: [Result] = []
        for question in questions {
            let sums = try await services.counts.sums(
                of: question.metric, in: caller.account, configurationSet: question.configurationSet,
                over: question.span)
            let days = sums.sorted { $0.key < $1.key }
            results.append(
                Result(
                    id: question.id, timestamps: days.map { Moment(milliseconds: $0.key * 1_000) },
                    values: days.map { Int($0.value) }))
        }
        return Output(results: results, errors: [])
    }

    private static func bad(_ message: String) -> ServiceError { ServiceError("BadRequestException", message) }

    /// A query that can be answered.
    struct Question: Hashable {
        let id: String
        let metric: SendMetric
        let configurationSet: String?
        let span: CountedSpan

        init(_ query: Query) throws(ServiceError) {
            guard (1...255).contains(query.id.utf8.count) else { throw bad("An id has 1 to 255 characters.") }
            guard query.namespace == "VDM" else { throw bad("Unknown namespace <\(query.namespace.prefix(100))>.") }
            let counted: [String: SendMetric] = ["SEND": .send, "DELIVERY": .delivery, "COMPLAINT": .complaint]
            guard let metric = counted[query.metric] else {
                throw bad("Metric <\(query.metric.prefix(100))> is not available: SEND, DELIVERY and COMPLAINT are.")
            }
            let dimensions = query.dimensions ?? [:]
            if let other = dimensions.keys.sorted().first(where: { $0 != "CONFIGURATION_SET" }) {
                throw bad("Dimension <\(other.prefix(100))> is not available: CONFIGURATION_SET is.")
            }
            id = query.id
            self.metric = metric
            configurationSet = dimensions["CONFIGURATION_SET"]
            span = try Self.span(query.startDate, query.endDate)
        }

        /// Whole days, the one of the end among them where it ends after midnight.
        private static func span(_ start: Moment, _ end: Moment) throws(ServiceError) -> CountedSpan {
            let known: Range<Int64> = 0..<253_402_300_800_000
            guard known.contains(start.milliseconds), known.contains(end.milliseconds),
                start.milliseconds < end.milliseconds
            else { throw bad("The start date must be before the end date.") }
            let first = start.milliseconds / 1_000 / day * day
            let last = (end.milliseconds - 1) / 1_000 / day * day + day
            guard last - first <= maximumDays * day + day else {
                throw bad("A query goes over \(maximumDays) days at most.")
            }
            return CountedSpan(start: first, end: last, period: day)
        }
    }
}
