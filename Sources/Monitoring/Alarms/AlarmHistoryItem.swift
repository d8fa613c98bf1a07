// SPDX-License-Identifier: Apache-2.0

import JSON
package import Mail

/// Something that happened to an alarm.
package struct AlarmHistoryItem: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case configuration = "ConfigurationUpdate"
        case state = "StateUpdate"
        case action = "Action"
    }

    package let alarm: String
    /// `MetricAlarm`, `CompositeAlarm`
    package let type: String
    package let at: Timestamp
    package let kind: Kind
    package let summary: String
    /// JSON.
    package let data: String

    package init(alarm: String, type: String, at: Timestamp, kind: Kind, summary: String, data: String) {
        self.alarm = alarm
        self.type = type
        self.at = at
        self.kind = kind
        self.summary = summary
        self.data = data
    }
}

package struct AlarmHistoryFilter: Hashable, Sendable {
    package var alarm: String?
    package var types: Set<String>
    package var kind: AlarmHistoryItem.Kind?
    package var from: Timestamp
    package var to: Timestamp
    package var newestFirst: Bool

    package init(
        alarm: String? = nil, types: Set<String> = [], kind: AlarmHistoryItem.Kind? = nil,
        from: Timestamp = Timestamp(milliseconds: 0), to: Timestamp = Timestamp(milliseconds: Int64.max),
        newestFirst: Bool = true
    ) {
        self.alarm = alarm
        self.types = types
        self.kind = kind
        self.from = from
        self.to = to
        self.newestFirst = newestFirst
    }
}

/// Where an item stands among those of its account: items are read on from it, whatever came or went meanwhile.
package struct AlarmHistoryPlace: Hashable, Sendable {
    package let at: Timestamp
    package let number: Int64

    package init(at: Timestamp, number: Int64) {
        self.at = at
        self.number = number
    }
}

package struct AlarmHistoryPage: Hashable, Sendable {
    package let items: [AlarmHistoryItem]
    /// Of the last item, where there are more.
    package let next: AlarmHistoryPlace?

    package init(items: [AlarmHistoryItem], next: AlarmHistoryPlace?) {
        self.items = items
        self.next = next
    }
}

extension AlarmHistoryItem {
    /// - Parameter word: `created`, `updated`, `deleted`
    package static func configuration(_ alarm: Alarm, _ word: String, at moment: Timestamp) -> AlarmHistoryItem {
        let type = word == "created" ? "Create" : word == "deleted" ? "Delete" : "Update"
        return AlarmHistoryItem(
            alarm: alarm.name, type: alarm.type, at: moment, kind: .configuration,
            summary: "Alarm \"\(alarm.name.prefix(200))\" \(word)",
            data: "{\"version\":\"1.0\",\"type\":\"\(type)\"}")
    }

    static func state(of alarm: Alarm, _ old: AlarmStatus, _ new: AlarmStatus) -> AlarmHistoryItem {
        AlarmHistoryItem(
            alarm: alarm.name, type: alarm.type, at: new.updatedAt, kind: .state,
            summary: "Alarm updated from \(old.state.rawValue) to \(new.state.rawValue)", data: data(old, new))
    }

    /// - Parameter failure: why the target took nothing; nil where it did.
    static func action(of alarm: Alarm, _ status: AlarmStatus, target: String, failure: String?) -> AlarmHistoryItem {
        let action = "action \(target.prefix(200))"
        let summary =
            failure.map { "Failed to execute \(action). Received error: \"\($0.prefix(200))\"" }
            ?? "Successfully executed \(action)"
        return AlarmHistoryItem(
            alarm: alarm.name, type: alarm.type, at: status.updatedAt, kind: .action, summary: summary,
            data: data(status, status))
    }

    private static func data(_ old: AlarmStatus, _ new: AlarmStatus) -> String {
        func state(_ status: AlarmStatus) -> String {
            JSONValue.object([
                .init(name: "stateValue", value: .string(status.state.rawValue)),
                .init(name: "stateReason", value: .string(String(status.reason.prefix(1023)))),
            ]).text
        }
        return "{\"version\":\"1.0\",\"oldState\":\(state(old)),\"newState\":\(state(new))}"
    }
}
