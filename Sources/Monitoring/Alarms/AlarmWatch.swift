// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Evaluates every alarm once a minute and has others told of what changed.
///
/// A new state is on disk, with the note that somebody is to be told, before anybody is told; the note goes once that
/// succeeded. So whoever is told may hear of one change twice, but not of none. Composite alarms follow the states of the
/// same minute; one that follows another composite alarm may be a minute behind for each.
package actor AlarmWatch {
    /// Why a target took nothing, by target; empty where all did.
    package typealias Act = @Sendable (AlarmAction) async throws -> [String: String]

    private let book: AlarmBook
    private let states: any AlarmStore
    private let metrics: any MetricStore
    private let accounts: @Sendable () -> [AccountID]
    private let act: Act
    private let report: @Sendable (any Error) -> Void
    private var isLooking = false
    /// ARNs of alarms that were set by hand since looking began: what was read of them before does not hold any more, and
    /// must not be written back.
    private var setByHand: Set<String> = []

    /// - Parameters:
    ///   - accounts: all there are.
    ///   - act: keeps what is to be said, quickly; where it throws, it is asked again a minute later.
    ///   - report: told of an alarm, or an account's alarms, that could not be looked at: the others are.
    package init(
        book: AlarmBook, states: any AlarmStore, metrics: any MetricStore,
        accounts: @escaping @Sendable () -> [AccountID], act: @escaping Act,
        report: @escaping @Sendable (any Error) -> Void
    ) {
        self.book = book
        self.states = states
        self.metrics = metrics
        self.accounts = accounts
        self.act = act
        self.report = report
    }

    /// - Parameter moment: the minute that has begun; what is judged ended with the one before.
    package func evaluate(at moment: Timestamp) async throws {
        isLooking = true
        defer {
            isLooking = false
            setByHand = []
        }
        for account in accounts() {
            do {
                try await evaluate(account, at: moment)
            } catch let error as CancellationError {
                throw error
            } catch {
                report(error)
            }
        }
    }

    private func evaluate(_ account: AccountID, at moment: Timestamp) async throws {
        let alarms = try await book.everyAlarm(in: account)
        var known = try await states.statuses(in: account)
        for alarm in alarms where !alarm.isComposite {
            known[alarm.name] = await evaluate(alarm, known, at: moment)
        }
        for alarm in alarms where alarm.isComposite {
            known[alarm.name] = await evaluate(alarm, known, at: moment)
        }
        let names = Set(alarms.map(\.name))
        for name in known.keys where !names.contains(name) { try await states.forget(name, in: account) }
    }

    /// Sets a state that somebody asked for by hand, at once.
    package func settle(_ alarm: Alarm) async throws {
        guard let forced = alarm.forced else { return }
        let arn = arn(alarm)
        setByHand.insert(arn)
        defer { if !isLooking { setByHand.remove(arn) } }
        let status = try await status(of: alarm, in: [:], orStored: true)
        guard status.forcedAt != forced.at else { return }
        try await move(alarm, status, to: Self.forced(forced), isByHand: true)
    }

    private func arn(_ alarm: Alarm) -> String { book.arn(alarm.name, in: alarm.account) }

    private struct Finding {
        let state: AlarmState
        let reason: String
        let data: String?
        var forcedAt: Timestamp?
        let at: Timestamp
    }

    private static func forced(_ forced: Alarm.Forced) -> Finding {
        Finding(state: forced.state, reason: forced.reason, data: forced.data, forcedAt: forced.at, at: forced.at)
    }

    private func status(
        of alarm: Alarm, in known: [String: AlarmStatus], orStored: Bool = false
    ) async throws -> AlarmStatus {
        let stored = orStored ? try await states.status(of: alarm.name, in: alarm.account) : known[alarm.name]
        guard let stored, stored.createdAt == alarm.createdAt else { return AlarmStatus(of: alarm) }
        return stored
    }

    /// - Returns: where it stands now.
    private func evaluate(_ alarm: Alarm, _ known: [String: AlarmStatus], at moment: Timestamp) async -> AlarmStatus? {
        guard !setByHand.contains(arn(alarm)) else { return known[alarm.name] }
        do {
            var status = try await status(of: alarm, in: known)
            if let forced = alarm.forced, status.forcedAt != forced.at {
                status = try await move(alarm, status, to: Self.forced(forced))
            } else if status.owesActions {
                status = try await tell(alarm, status)
            }
            guard let finding = try await finding(alarm, status, known, at: moment) else { return status }
            return try await move(alarm, status, to: finding)
        } catch {
            report(error)
            return known[alarm.name]
        }
    }

    private func finding(
        _ alarm: Alarm, _ status: AlarmStatus, _ known: [String: AlarmStatus], at moment: Timestamp
    ) async throws -> Finding? {
        switch alarm.kind {
        case .metric(let condition):
            let values = try await values(condition, in: alarm.account, at: moment)
            let state = AlarmMachine.state(condition, values, was: status.state)
            guard state != status.state else { return nil }
            let reason = AlarmReason(condition, values, now: state, was: status.state, at: moment.description)
            return Finding(state: state, reason: reason.text, data: reason.data, at: moment)
        case .composite(let text):
            let rule = try AlarmRule(parsing: text)
            let state: AlarmState =
                rule.holds { known[book.name(of: $0, in: alarm.account)]?.state } ? .alarm : .ok
            guard state != status.state else { return nil }
            let word = state == .alarm ? "true" : "false"
            return Finding(state: state, reason: "The alarm rule evaluates to \(word).", data: nil, at: moment)
        }
    }

    private func values(_ condition: MetricCondition, in account: AccountID, at moment: Timestamp) async throws
        -> [Double?]
    {
        let end = moment.seconds - moment.seconds % 60
        let start = end - Int64(condition.range) * condition.period
        guard let query = MetricQuery(period: condition.period, start: start, end: end) else { return [] }
        let stored = try await metrics.datapoints(
            of: condition.metric, unit: condition.unit, in: account, from: start, to: end, period: condition.period)
        let found = Dictionary(
            query.fold(stored).map { ($0.at, $0.statistics) }, uniquingKeysWith: { first, _ in first })
        return (0..<Int64(condition.range)).map { index in
            found[start + index * condition.period].map { condition.statistic.value(of: $0) }
        }
    }

    @discardableResult
    private func move(
        _ alarm: Alarm, _ status: AlarmStatus, to finding: Finding, isByHand: Bool = false
    ) async throws -> AlarmStatus {
        guard isByHand || !setByHand.contains(arn(alarm)) else { return status }
        var new = status
        new.forcedAt = finding.forcedAt ?? status.forcedAt
        guard finding.state != status.state else {
            try await states.keep(new, of: alarm.name, in: alarm.account, history: [])
            return new
        }
        new.previous = status.state
        new.state = finding.state
        new.reason = finding.reason
        new.reasonData = finding.data
        new.updatedAt = finding.at
        new.owesActions = alarm.actionsEnabled && !alarm.actions[finding.state].isEmpty
        try await states.keep(new, of: alarm.name, in: alarm.account, history: [.state(of: alarm, status, new)])
        return new.owesActions ? try await tell(alarm, new, isByHand: isByHand) : new
    }

    private func tell(_ alarm: Alarm, _ status: AlarmStatus, isByHand: Bool = false) async throws -> AlarmStatus {
        let targets = alarm.actionsEnabled ? alarm.actions[status.state] : []
        var failures: [String: String] = [:]
        if !targets.isEmpty {
            do {
                failures = try await act(AlarmAction(alarm: alarm, status: status, targets: targets))
            } catch {
                report(error)
                return status
            }
        }
        guard isByHand || !setByHand.contains(arn(alarm)) else { return status }
        var told = status
        told.owesActions = false
        let items = targets.map { AlarmHistoryItem.action(of: alarm, status, target: $0, failure: failures[$0]) }
        try await states.keep(told, of: alarm.name, in: alarm.account, history: items)
        return told
    }
}
