// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Journal
package import Mail

/// The alarms of all accounts. Each change is committed with its fact.
package struct AlarmBook: Sendable {
    /// Alarms of an account.
    package static let limit = 5_000
    static let page = 100
    private static let kind = "alarm"

    private let shelf: any RecordStore
    package let region: String
    package let now: Now

    package init(_ shelf: any RecordStore, region: String, now: @escaping Now) {
        self.shelf = shelf
        self.region = region
        self.now = now
    }

    package func arn(_ name: String, in account: AccountID) -> String { Alarm.arn(name, in: account, region: region) }

    /// The name in an ARN of this account's, or what was given.
    package func name(of given: String, in account: AccountID) -> String {
        let base = arn("", in: account)
        return given.hasPrefix(base) ? String(given.dropFirst(base.count)) : given
    }

    package func alarm(_ name: String, in account: AccountID) async throws -> Alarm? {
        try await shelf.record(Self.kind, name, in: account).map(Self.decode)
    }

    package func count(in account: AccountID) async throws -> Int { try await shelf.count(Self.kind, in: account) }

    /// By name; at most `limit` of them after a name.
    package func alarms(in account: AccountID, after name: String = "", limit: Int) async throws -> [Alarm] {
        try await shelf.records(Self.kind, in: account, after: name, limit: limit).map(Self.decode)
    }

    package func everyAlarm(in account: AccountID) async throws -> [Alarm] {
        var alarms: [Alarm] = []
        while true {
            let page = try await self.alarms(in: account, after: alarms.last?.name ?? "", limit: Self.page)
            alarms += page
            guard page.count == Self.page, alarms.count < Self.limit else { return alarms }
        }
    }

    /// Makes an alarm or takes another's place: its tags and its birth stay.
    /// - Returns: whether it is new.
    package func put(_ alarm: Alarm, recording fact: Fact) async throws -> Bool {
        while true {
            if try await shelf.put(
                Self.kind, alarm.name, in: alarm.account, content: try Self.encode(alarm), replacing: false,
                recording: fact)
            {
                return true
            }
            let replaced = try await change(alarm.name, in: alarm.account, recording: fact) { old in
                var new = Alarm(account: old.account, name: old.name, kind: alarm.kind, at: old.createdAt)
                new.description = alarm.description
                new.actionsEnabled = alarm.actionsEnabled
                new.actions = alarm.actions
                new.tags = old.tags
                new.updatedAt = alarm.updatedAt
                new.forced = old.forced
                old = new
            }
            // Somebody may have deleted it in between.
            if replaced != nil { return false }
        }
    }

    /// - Returns: the alarm as it is now; nil where there is none.
    @discardableResult
    package func change(
        _ name: String, in account: AccountID, recording fact: Fact?,
        _ body: @escaping @Sendable (inout Alarm) throws -> Void
    ) async throws -> Alarm? {
        try await shelf.change(Self.kind, name, in: account, recording: fact) { content in
            var alarm = try Self.decode(content)
            try body(&alarm)
            return try Self.encode(alarm)
        }.map(Self.decode)
    }

    package func remove(_ name: String, in account: AccountID, recording fact: Fact) async throws -> Bool {
        try await shelf.remove(Self.kind, name, in: account, recording: fact)
    }

    private static func encode(_ alarm: Alarm) throws -> [UInt8] { Array(try JSONEncoder().encode(alarm)) }
    private static func decode(_ content: [UInt8]) throws -> Alarm {
        try JSONDecoder().decode(Alarm.self, from: Data(content))
    }
}
