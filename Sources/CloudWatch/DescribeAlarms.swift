// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import FoundationEssentials
import Mail
import Monitoring

/// The account's alarms by name, 100 at a time at most; those on metrics unless others are asked for.
struct DescribeAlarms: Operation {
    static let route = monitoring
    static let page = 100

    struct Input: Decodable {
        var alarmNames: [String]?
        var alarmNamePrefix: String?
        var alarmTypes: [String]?
        var childrenOfAlarmName: String?
        var parentsOfAlarmName: String?
        var stateValue: String?
        var actionPrefix: String?
        var maxRecords: Number?
        var nextToken: String?
    }
    struct Output: Encodable {
        var compositeAlarms: [WireAlarm] = []
        var metricAlarms: [WireAlarm] = []
        var nextToken: String?
    }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, context)
        let names = input.alarmNames ?? []
        guard names.count <= Self.page, names.isEmpty || input.alarmNamePrefix == nil else {
            throw ServiceError(
                "InvalidParameterCombination", "AlarmNames has 100 members at most, and stands without AlarmNamePrefix."
            )
        }
        let limit = min(max(input.maxRecords?.value ?? 50, 1), Self.page)
        let known = try await services.states.statuses(in: caller.account)
        let related = try await related(input, caller.account)
        var output = Output()
        var count = 0
        var last = try input.nextToken.map(Self.name) ?? ""
        while true {
            let alarms = try await alarms(names, after: last, in: caller.account)
            for alarm in alarms {
                let status = services.status(of: alarm, known)
                guard Self.matches(alarm, status, input), related?.contains(alarm.name) ?? true else { continue }
                guard count < limit else {
                    output.nextToken = Data(last.utf8).base64EncodedString()
                    return output
                }
                count += 1
                last = alarm.name
                let arn = services.book.arn(alarm.name, in: alarm.account)
                let shown = WireAlarm(alarm, status, arn: arn)
                if alarm.condition == nil {
                    output.compositeAlarms.append(shown)
                } else {
                    output.metricAlarms.append(shown)
                }
            }
            guard names.isEmpty, alarms.count == Self.page, let name = alarms.last?.name else { return output }
            last = name
        }
    }

    private func alarms(_ names: [String], after last: String, in account: AccountID) async throws -> [Alarm] {
        guard !names.isEmpty else {
            return try await services.book.alarms(in: account, after: last, limit: Self.page)
        }
        var alarms: [Alarm] = []
        for name in Set(names).sorted() where name > last {
            if let alarm = try await services.book.alarm(name, in: account) { alarms.append(alarm) }
        }
        return alarms
    }

    /// The names that a composite alarm follows, or that follow an alarm; nil where neither is asked for.
    private func related(_ input: Input, _ account: AccountID) async throws -> Set<String>? {
        if let parent = input.childrenOfAlarmName {
            guard let alarm = try await services.book.alarm(parent, in: account) else { return [] }
            return services.children(of: alarm)
        }
        guard let child = input.parentsOfAlarmName else { return nil }
        return Set(
            try await services.book.everyAlarm(in: account).filter { services.children(of: $0).contains(child) }
                .map(\.name))
    }

    private static func matches(_ alarm: Alarm, _ status: AlarmStatus, _ input: Input) -> Bool {
        let types = input.alarmTypes ?? []
        let isAsked = types.isEmpty ? !alarm.isComposite : types.contains(alarm.type)
        let isPrefixed = input.alarmNamePrefix.map { alarm.name.hasPrefix($0) } ?? true
        let isState = input.stateValue.map { status.state.rawValue == $0 } ?? true
        let actions = alarm.actions.ok + alarm.actions.alarm + alarm.actions.insufficientData
        let isAction = input.actionPrefix.map { prefix in actions.contains { $0.hasPrefix(prefix) } } ?? true
        return isAsked && isPrefixed && isState && isAction
    }

    private static func name(_ token: String) throws -> String {
        guard let data = Data(base64Encoded: token), let name = String(validating: data, as: UTF8.self) else {
            throw ServiceError("InvalidNextToken", "The next token is not valid.")
        }
        return name
    }
}

/// The alarms on one metric.
struct DescribeAlarmsForMetric: Operation {
    static let route = monitoring

    struct Input: Decodable {
        var metricName: String?
        var namespace: String?
        var statistic: String?
        var extendedStatistic: String?
        var dimensions: [WireDimension]?
        var period: Number?
        var unit: String?
    }
    struct Output: Encodable { let metricAlarms: [WireAlarm] }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, context)
        let metric = try Words.metric(input.namespace, input.metricName, input.dimensions)
        let known = try await services.states.statuses(in: caller.account)
        let found = try await services.book.everyAlarm(in: caller.account).filter { alarm in
            guard let condition = alarm.condition, input.extendedStatistic == nil else { return false }
            return condition.metric == metric
                && (input.statistic ?? condition.statistic.rawValue) == condition.statistic.rawValue
                && (input.period.map { Int64($0.value) } ?? condition.period) == condition.period
                && (input.unit == nil || input.unit == condition.unit)
        }
        return Output(
            metricAlarms: found.map { alarm in
                WireAlarm(
                    alarm, services.status(of: alarm, known), arn: services.book.arn(alarm.name, in: alarm.account))
            })
    }
}

extension CloudWatchServices {
    /// The names of the alarms that an alarm follows; none for one on a metric.
    func children(of alarm: Alarm) -> Set<String> {
        guard case .composite(let text) = alarm.kind, let rule = try? AlarmRule(parsing: text) else { return [] }
        return Set(rule.alarms.map { book.name(of: $0, in: alarm.account) })
    }
}
