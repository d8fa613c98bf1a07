// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Monitoring

/// What happened to alarms in the last 30 days, newest first unless asked otherwise.
struct DescribeAlarmHistory: Operation {
    static let route = monitoring
    static let page = 100

    struct Input: Decodable {
        var alarmName: String?
        var alarmTypes: [String]?
        var historyItemType: String?
        var startDate: WireTime?
        var endDate: WireTime?
        var maxRecords: Number?
        var nextToken: String?
        var scanBy: String?
    }
    struct Output: Encodable {
        struct Item: Encodable {
            let alarmName: String
            let alarmType: String
            let timestamp: Moment
            let historyItemType: String
            let historySummary: String
            let historyData: String
        }
        let alarmHistoryItems: [Item]
        let nextToken: String?
    }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, alarm: input.alarmName ?? "*", context)
        let limit = min(max(input.maxRecords?.value ?? Self.page, 1), Self.page)
        let place = try input.nextToken.map(Self.place)
        var kind: AlarmHistoryItem.Kind?
        if let asked = input.historyItemType {
            kind = AlarmHistoryItem.Kind(rawValue: asked)
            guard kind != nil else {
                throw ServiceError("ValidationError", "The value for parameter HistoryItemType is invalid.")
            }
        }
        let types = input.alarmTypes ?? []
        let filter = AlarmHistoryFilter(
            alarm: input.alarmName, types: Set(types.isEmpty ? ["MetricAlarm"] : types), kind: kind,
            from: Timestamp(milliseconds: input.startDate?.milliseconds ?? 0),
            to: Timestamp(milliseconds: input.endDate?.milliseconds ?? Int64.max),
            newestFirst: input.scanBy != "TimestampAscending")
        let page = try await services.states.history(in: caller.account, filter, after: place, limit: limit)
        return Output(
            alarmHistoryItems: page.items.map {
                .init(
                    alarmName: $0.alarm, alarmType: $0.type, timestamp: Moment(milliseconds: $0.at.milliseconds),
                    historyItemType: $0.kind.rawValue, historySummary: $0.summary, historyData: $0.data)
            }, nextToken: page.next.map { "\($0.at.milliseconds)-\($0.number)" })
    }

    // MILLISECONDS-NUMBER
    private static func place(_ token: String) throws -> AlarmHistoryPlace {
        let numbers = token.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
        guard numbers.count == 2, let at = numbers[0], let number = numbers[1] else {
            throw ServiceError("InvalidNextToken", "The next token is not valid.")
        }
        return AlarmHistoryPlace(at: Timestamp(milliseconds: at), number: number)
    }
}
