// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Journal
import Mail

/// The groups of the caller's account, by name.
struct DescribeLogGroups: Operation {
    static let route = logs
    static let largestPage = 50

    struct Input: Decodable {
        var logGroupNamePrefix: String?
        /// Stands anywhere in the name, in any case.
        var logGroupNamePattern: String?
        var logGroupIdentifiers: [String]?
        var accountIdentifiers: [String]?
        var includeLinkedAccounts: Bool?
        var logGroupClass: String?
        var limit: Int?
        /// The last group that was shown.
        var nextToken: String?
    }
    struct Group: Encodable {
        let logGroupName: String
        /// When the account's first entry happened.
        let creationTime: Int64
        let retentionInDays: Int?
        let metricFilterCount: Int
        let arn: String
        let logGroupArn: String
        let logGroupClass: String
    }
    struct Output: Encodable {
        let logGroups: [Group]
        let nextToken: String?
    }

    let services: LogsServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, context)
        guard input.logGroupNamePrefix == nil || input.logGroupNamePattern == nil else {
            throw LogsServices.invalid("logGroupNamePrefix and logGroupNamePattern cannot be given together.")
        }
        guard input.includeLinkedAccounts != true, input.accountIdentifiers ?? [] == [] else {
            throw LogsServices.invalid("Other accounts' log groups are not shown here.")
        }
        let limit = try LogsServices.limit(input.limit, of: Self.largestPage)
        let found = services.groups.filter { group in
            let arn = services.arn(group.name, in: caller.account)
            return input.logGroupNamePrefix.map { group.name.hasPrefix($0) } ?? true
                && input.logGroupNamePattern.map { group.name.lowercased().contains($0.lowercased()) } ?? true
                && input.logGroupIdentifiers.map { $0.contains(group.name) || $0.contains(arn) } ?? true
                && [nil, "STANDARD"].contains(input.logGroupClass)
                && input.nextToken.map { group.name > $0 } ?? true
        }
        var groups: [Group] = []
        for group in found.prefix(limit) {
            let arn = services.arn(group.name, in: caller.account)
            let created = try await group.log.range(of: caller.account)?.lowerBound ?? services.now()
            groups.append(
                Group(
                    logGroupName: group.name, creationTime: created.milliseconds, retentionInDays: group.retention,
                    metricFilterCount: 0, arn: arn + ":*", logGroupArn: arn, logGroupClass: "STANDARD"))
        }
        return Output(logGroups: groups, nextToken: found.count > limit ? groups.last?.logGroupName : nil)
    }
}

/// A group's streams: one for each day from its first entry to its last, also where the account has none of that day.
struct DescribeLogStreams: Operation {
    static let route = logs
    static let largestPage = 50

    struct Input: Decodable {
        var logGroupName: String?
        var logGroupIdentifier: String?
        var logStreamNamePrefix: String?
        /// `LogStreamName` or `LastEventTime`: of days they are the same.
        var orderBy: String?
        var descending: Bool?
        var limit: Int?
        /// The last stream that was shown.
        var nextToken: String?
    }
    struct Stream: Encodable {
        let logStreamName: String
        let creationTime: Int64
        let arn: String
    }
    struct Output: Encodable {
        let logStreams: [Stream]
        let nextToken: String?
    }

    let services: LogsServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (group, caller) = try services.group(
            name: input.logGroupName, identifier: input.logGroupIdentifier, for: Self.name, context)
        guard [nil, "LogStreamName", "LastEventTime"].contains(input.orderBy) else {
            throw LogsServices.invalid("orderBy is LogStreamName or LastEventTime.")
        }
        guard input.orderBy != "LastEventTime" || input.logStreamNamePrefix == nil else {
            throw LogsServices.invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
        }
        let limit = try LogsServices.limit(input.limit, of: Self.largestPage)
        let isDescending = input.descending ?? false
        let after = try input.nextToken.map { token throws(ServiceError) in
            guard let day = LogDay(name: token) else {
                throw LogsServices.invalid("The specified nextToken is invalid.")
            }
            return day
        }
        guard let range = try await group.log.range(of: caller.account) else {
            return Output(logStreams: [], nextToken: nil)
        }
        let all = (LogDay(range.lowerBound).number...LogDay(range.upperBound).number).map { LogDay(number: $0) }
        let days = (isDescending ? all.reversed() : all).filter { day in
            after.map { isDescending ? day < $0 : day > $0 } ?? true
                && input.logStreamNamePrefix.map { day.name.hasPrefix($0) } ?? true
        }
        let arn = services.arn(group.name, in: caller.account)
        let streams = days.prefix(limit).map { day in
            Stream(
                logStreamName: day.name, creationTime: day.start.milliseconds, arn: "\(arn):log-stream:\(day.name)")
        }
        return Output(logStreams: streams, nextToken: days.count > limit ? streams.last?.logStreamName : nil)
    }
}
