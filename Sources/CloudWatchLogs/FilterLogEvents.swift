// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Journal
import Mail

/// A group's events that meet a pattern, oldest first. A page may be empty and have a token.
struct FilterLogEvents: Operation {
    static let route = logs
    static let largestPage = 10_000
    static let mostStreams = 100

    struct Input: Decodable {
        var logGroupName: String?
        var logGroupIdentifier: String?
        var logStreamNames: [String]?
        var logStreamNamePrefix: String?
        /// Milliseconds since 1970: included, and not included.
        var startTime: Int64?
        var endTime: Int64?
        var filterPattern: String?
        var nextToken: String?
        var limit: Int?
    }
    struct Event: Encodable {
        let logStreamName: String
        let timestamp: Int64
        let message: String
        let ingestionTime: Int64
        let eventId: String
    }
    struct Searched: Encodable {
        let logStreamName: String
        let searchedCompletely: Bool
    }
    struct Output: Encodable {
        let events: [Event]
        /// Always empty, as on AWS since 2019.
        let searchedLogStreams: [Searched]
        let nextToken: String?
    }

    let services: LogsServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (group, caller) = try services.group(
            name: input.logGroupName, identifier: input.logGroupIdentifier, for: Self.name, context)
        let times = try LogTimes.range(input.startTime, input.endTime)
        let limit = try LogsServices.limit(input.limit, of: Self.largestPage)
        let pattern = try FilterPattern(input.filterPattern ?? "")
        let token = try input.nextToken.map { try LogToken($0) }
        let days = try await days(input, of: group, for: caller)
        let from = max(times.lowerBound, days?.min()?.start ?? times.lowerBound)
        let to = min(times.upperBound, days?.max()?.end ?? times.upperBound)
        guard from < to else { return Output(events: [], searchedLogStreams: [], nextToken: nil) }
        let page = try await group.log.page(
            LogQuery(
                account: caller.account, from: from, to: to, place: token?.place, limit: Self.largestPage,
                octets: GetLogEvents.largestBody))
        var (events, next) = ([Event](), page.isLast ? nil : page.looked)
        for entry in page.entries {
            let day = LogDay(entry.at)
            guard days?.contains(day) ?? true, pattern.isMet(by: entry.text) else { continue }
            events.append(Event(entry, day))
            guard events.count < limit else {
                if entry != page.entries.last { next = entry.place }
                break
            }
        }
        return Output(
            events: events, searchedLogStreams: [],
            nextToken: next.map { LogToken($0, isBackward: false).text })
    }

    /// The streams that are meant; nil for all.
    private func days(_ input: Input, of group: LogGroup, for caller: Caller) async throws -> Set<LogDay>? {
        let names = input.logStreamNames ?? []
        guard names.isEmpty || input.logStreamNamePrefix == nil else {
            throw LogsServices.invalid("logStreamNames and logStreamNamePrefix cannot be given together.")
        }
        guard names.count <= Self.mostStreams else {
            throw LogsServices.invalid("At most \(Self.mostStreams) streams can be named.")
        }
        if let prefix = input.logStreamNamePrefix {
            guard let range = try await group.log.range(of: caller.account) else { return [] }
            let all = LogDay(range.lowerBound).number...LogDay(range.upperBound).number
            return Set(all.map { LogDay(number: $0) }.filter { $0.name.hasPrefix(prefix) })
        }
        var days: Set<LogDay> = []
        for name in names { days.insert(try await services.day(name, of: group, for: caller)) }
        return names.isEmpty ? nil : days
    }
}

extension FilterLogEvents.Event {
    init(_ entry: LogEntry, _ day: LogDay) {
        logStreamName = day.name
        timestamp = entry.at.milliseconds
        message = entry.text
        ingestionTime = entry.at.milliseconds
        eventId = entry.id
    }
}
