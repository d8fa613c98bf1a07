// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Monitoring

/// Sets a state by hand, to see what happens then; the next evaluation may set another.
struct SetAlarmState: Operation {
    static let route = monitoring

    struct Input: Decodable {
        var alarmName: String?
        var stateValue: String?
        var stateReason: String?
        var stateReasonData: String?
    }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let name = try Words.required(input.alarmName, "AlarmName")
        let caller = try services.caller(Self.name, alarm: name, context)
        let reason = try Words.required(input.stateReason, "StateReason")
        guard let state = AlarmState(rawValue: try Words.required(input.stateValue, "StateValue")) else {
            throw ServiceError("ValidationError", "The value for parameter StateValue is invalid.")
        }
        guard reason.unicodeScalars.count <= 1023, (input.stateReasonData ?? "").unicodeScalars.count <= 4000 else {
            throw ServiceError("ValidationError", "StateReason or StateReasonData is too long.")
        }
        let forced = Alarm.Forced(
            state: state, reason: reason, data: input.stateReasonData, at: services.book.now())
        let alarm = try await services.book.change(
            name, in: caller.account, recording: services.fact(Self.name, name, caller)
        ) { $0.forced = forced }
        guard let alarm else {
            throw ServiceError("ResourceNotFound", "Unknown alarm \(name.prefix(255))", status: 404)
        }
        try await services.watch.settle(alarm)
        return Empty()
    }
}

struct EnableAlarmActions: Operation {
    static let route = monitoring

    struct Input: Decodable { var alarmNames: [String]? }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        try await services.setActions(enabled: true, of: input.alarmNames, Self.name, context)
    }
}

struct DisableAlarmActions: Operation {
    static let route = monitoring

    struct Input: Decodable { var alarmNames: [String]? }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        try await services.setActions(enabled: false, of: input.alarmNames, Self.name, context)
    }
}

/// Deletes alarms; those that are there, also where others are not.
struct DeleteAlarms: Operation {
    static let route = monitoring

    struct Input: Decodable { var alarmNames: [String]? }

    let services: CloudWatchServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let names = try services.names(input.alarmNames)
        let callers = try names.map { (name: $0, caller: try services.caller(Self.name, alarm: $0, context)) }
        guard let account = callers.first?.caller.account else { return Empty() }
        for alarm in try await services.book.everyAlarm(in: account) where !names.contains(alarm.name) {
            guard let child = services.children(of: alarm).intersection(names).min() else { continue }
            throw ServiceError(
                "ValidationError",
                "Cannot delete \(child) as there are composite alarm(s) depending on it: \(alarm.name)")
        }
        var missing: [String] = []
        for (name, caller) in callers {
            let alarm = try await services.book.alarm(name, in: account)
            let fact = services.fact(Self.name, name, caller)
            guard let alarm, try await services.book.remove(name, in: account, recording: fact) else {
                missing.append(name)
                continue
            }
            try await services.states.keep(
                nil, of: name, in: account, history: [.configuration(alarm, "deleted", at: services.book.now())])
            try await services.states.forget(name, in: account)
        }
        guard missing.isEmpty else {
            throw ServiceError(
                "ResourceNotFound", "Unknown alarms: \(missing.joined(separator: ", ").prefix(500))", status: 404)
        }
        return Empty()
    }
}

extension CloudWatchServices {
    func names(_ given: [String]?) throws -> [String] {
        let names = try Words.required(given, "AlarmNames")
        guard names.count <= 100 else {
            throw ServiceError("ValidationError", "The collection AlarmNames must have 100 members at most.")
        }
        return Array(Set(names)).sorted()
    }

    func setActions(
        enabled: Bool, of given: [String]?, _ operation: String, _ context: RequestContext
    ) async throws -> Empty {
        let callers = try names(given).map { (name: $0, caller: try caller(operation, alarm: $0, context)) }
        for (name, caller) in callers where try await book.alarm(name, in: caller.account) != nil {
            let moment = book.now()
            let alarm = try await book.change(
                name, in: caller.account, recording: fact(operation, name, caller)
            ) {
                $0.actionsEnabled = enabled
                $0.updatedAt = moment
            }
            guard let alarm else { continue }
            try await states.keep(
                nil, of: name, in: caller.account, history: [.configuration(alarm, "updated", at: moment)])
        }
        return Empty()
    }
}
