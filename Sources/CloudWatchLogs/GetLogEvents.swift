// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Journal
import Mail

/// One stream's events, oldest first: the newest page where nobody says otherwise, and from there either way.
///
/// A token that comes back as it was given means that there is nothing more that way now. A page may be empty, and its
/// token go on: it looked through as much as one call may.
struct GetLogEvents: Operation {
    static let route = logs
    static let largestPage = 10_000
    /// Octets of a page's messages.
    static let largestBody = 1 << 20

    struct Input: Decodable {
        var logGroupName: String?
        var logGroupIdentifier: String?
        var logStreamName: String?
        /// Milliseconds since 1970: included, and not included.
        var startTime: Int64?
        var endTime: Int64?
        var nextToken: String?
        var limit: Int?
        var startFromHead: Bool?
    }
    struct Event: Encodable {
        let timestamp: Int64
        let message: String
        let ingestionTime: Int64
    }
    struct Output: Encodable {
        let events: [Event]
        let nextForwardToken: String
        let nextBackwardToken: String
    }

    let services: LogsServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        guard let stream = input.logStreamName, !stream.isEmpty, stream.utf8.count <= 512 else {
            throw LogsServices.invalid("logStreamName has 1 to 512 characters.")
        }
        let (group, caller) = try services.group(
            name: input.logGroupName, identifier: input.logGroupIdentifier, stream: stream, for: Self.name, context)
        let times = try LogTimes.range(input.startTime, input.endTime)
        let limit = try LogsServices.limit(input.limit, of: Self.largestPage)
        let token = try input.nextToken.map { try LogToken($0) }
        let day = try await services.day(stream, of: group, for: caller)
        let isBackward = token?.isBackward ?? !(input.startFromHead ?? false)
        let page = try await group.log.page(
            LogQuery(
                account: caller.account, from: max(times.lowerBound, day.start), to: min(times.upperBound, day.end),
                place: token?.place, isBackward: isBackward, limit: limit, octets: Self.largestBody))
        // At the end a token stays what it was, whatever of others' was looked through: clients read on until it does.
        let isOver = page.entries.isEmpty && page.isLast
        let ahead = isOver ? token?.place ?? page.looked : page.looked ?? token?.place
        let behind = (isBackward ? page.entries.last : page.entries.first)?.place ?? token?.place
        return Output(
            events: page.entries.map {
                Event(timestamp: $0.at.milliseconds, message: $0.text, ingestionTime: $0.at.milliseconds)
            },
            nextForwardToken: LogToken(isBackward ? behind : ahead, isBackward: false).text,
            nextBackwardToken: LogToken(isBackward ? ahead : behind, isBackward: true).text)
    }
}
