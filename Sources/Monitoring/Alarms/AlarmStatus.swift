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
    /// - Parameter place: of the last item that was shown; nil to begin.
    func history(
        in account: AccountID, _ filter: AlarmHistoryFilter, after place: AlarmHistoryPlace?, limit: Int
    ) async throws -> AlarmHistoryPage
}
