// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Where an alarm stands.
package struct AlarmStatus: Hashable, Sendable, Codable {
    package var state: AlarmState
    package var reason: String
    /// JSON.
    package var reasonData: String?
    /// The state before this one.
    package var previous: AlarmState
    package var updatedAt: Timestamp
    /// When the alarm was made that this is of: one of the same name that was made later starts afresh.
    package var createdAt: Timestamp
    /// The last state set by hand that was looked at.
    package var forcedAt: Timestamp?
    /// Whether somebody is still to be told.
    package var owesActions: Bool

    package init(
        state: AlarmState, reason: String, reasonData: String? = nil, previous: AlarmState, updatedAt: Timestamp,
        createdAt: Timestamp, forcedAt: Timestamp? = nil, owesActions: Bool = false
    ) {
        self.state = state
        self.reason = reason
        self.reasonData = reasonData
        self.previous = previous
        self.updatedAt = updatedAt
        self.createdAt = createdAt
        self.forcedAt = forcedAt
        self.owesActions = owesActions
    }

    /// Of an alarm that nobody has looked at yet.
    package init(of alarm: Alarm) {
        self.init(
            state: .insufficientData, reason: "Unchecked: Initial alarm creation", previous: .insufficientData,
            updatedAt: alarm.createdAt, createdAt: alarm.createdAt)
    }
}

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

/// Where alarms stand and stood. History is kept for 30 days.
package protocol AlarmStore: Sendable {
    /// By name, of an account.
    func statuses(in account: AccountID) async throws -> [String: AlarmStatus]
    func status(of alarm: String, in account: AccountID) async throws -> AlarmStatus?
    /// Keeps a status and what is to be told of it, in one transaction.
    /// - Parameter status: nil leaves it as it is.
    func keep(
        _ status: AlarmStatus?, of alarm: String, in account: AccountID, history: [AlarmHistoryItem]
    ) async throws
    /// Forgets where an alarm stands that is no more; its history stays.
    func forget(_ alarm: String, in account: AccountID) async throws
    /// - Parameter skipping: so many that were shown already.
    func history(
        in account: AccountID, _ filter: AlarmHistoryFilter, skipping: Int, limit: Int
    ) async throws -> [AlarmHistoryItem]
}

extension AlarmHistoryItem {
    /// - Parameter word: `created`, `updated`, `deleted`
    package static func configuration(_ alarm: Alarm, _ word: String, at moment: Timestamp) -> AlarmHistoryItem {
        AlarmHistoryItem(
            alarm: alarm.name, type: alarm.type, at: moment, kind: .configuration,
            summary: "Alarm \"\(alarm.name.prefix(200))\" \(word)",
            data:
                "{\"version\":\"1.0\",\"type\":\"\(word == "created" ? "Create" : word == "deleted" ? "Delete" : "Update")\"}"
        )
    }
}
