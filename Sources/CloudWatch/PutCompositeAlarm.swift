// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Monitoring

/// Makes an alarm over other alarms, or takes another's place.
struct PutCompositeAlarm: Operation {
    static let route = monitoring

    struct Input: Decodable {
        var alarmName: String?
        var alarmDescription: String?
        var alarmRule: String?
        var actionsEnabled: Flag?
        var oKActions: [String]?
        var alarmActions: [String]?
        var insufficientDataActions: [String]?
        var actionsSuppressor: String?
        var tags: [AlarmTag]?
    }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let common = AlarmInput(
            name: input.alarmName, description: input.alarmDescription, actionsEnabled: input.actionsEnabled,
            ok: input.oKActions, alarm: input.alarmActions, insufficientData: input.insufficientDataActions,
            tags: input.tags)
        let caller = try services.caller(Self.name, alarm: try common.checkedName(), context)
        guard input.actionsSuppressor == nil else {
            throw AlarmInput.fault("ActionsSuppressor is not supported: put NOT ALARM(…) into the rule.")
        }
        let text = try Words.required(input.alarmRule, "AlarmRule")
        let alarm = try common.alarm(.composite(rule: text), in: caller.account, at: services.book.now())
        try await requireChildren(of: try Self.rule(text), for: alarm)
        if try await services.book.alarm(alarm.name, in: caller.account)?.isComposite == false {
            throw AlarmInput.fault("A metric alarm of the name \(alarm.name) exists.")
        }
        try await services.put(alarm, Self.name, caller)
        return Empty()
    }

    private static func rule(_ text: String) throws -> AlarmRule {
        do {
            return try AlarmRule(parsing: text)
        } catch {
            throw AlarmInput.fault("AlarmRule is not valid: \(error.reason).")
        }
    }

    private func requireChildren(of rule: AlarmRule, for alarm: Alarm) async throws {
        var missing: [String] = []
        for given in rule.alarms.sorted() {
            let name = services.book.name(of: given, in: alarm.account)
            guard name != alarm.name else { throw AlarmInput.fault("AlarmRule names the alarm itself.") }
            if try await services.book.alarm(name, in: alarm.account) == nil { missing.append(given) }
        }
        guard missing.isEmpty else {
            throw AlarmInput.fault(
                "Could not save the composite alarm as alarms [\(missing.joined(separator: ", ").prefix(500))] in the "
                    + "alarm rule do not exist")
        }
    }
}
