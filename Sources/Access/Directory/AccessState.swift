// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The whole directory as a value. A change is made on a copy, stored, and then takes the old one's place.
package struct AccessState: Sendable {
    private struct Place: Hashable {
        let kind: String
        let account: AccountID
    }

    private var tables: [Place: [String: any AccessEntity]] = [:]
    /// Raised with every change: whatever was derived from an older state is stale.
    package private(set) var generation: UInt64 = 0
    /// What was put and removed since the copy was made.
    private(set) var changes: [AccessChange] = []

    package init() {}

    package func find<Entity: AccessEntity>(_ type: Entity.Type, _ key: String, in account: AccountID) -> Entity? {
        tables[Place(kind: Entity.kind, account: account)]?[key] as? Entity
    }

    /// In the order of their keys.
    /// - Parameter isWanted: only those are sorted that it says yes to.
    package func all<Entity: AccessEntity>(
        _ type: Entity.Type, in account: AccountID, where isWanted: (Entity) -> Bool = { _ in true }
    ) -> [Entity] {
        var found: [(key: String, entity: Entity)] = []
        for (key, entity) in tables[Place(kind: Entity.kind, account: account)] ?? [:] {
            if let entity = entity as? Entity, isWanted(entity) { found.append((key, entity)) }
        }
        return found.sorted { $0.key < $1.key }.map(\.entity)
    }

    /// In no order, which costs nothing.
    func unordered<Entity: AccessEntity>(_ type: Entity.Type, in account: AccountID) -> some Sequence<Entity> {
        (tables[Place(kind: Entity.kind, account: account)] ?? [:]).values.lazy.compactMap { $0 as? Entity }
    }

    package func count<Entity: AccessEntity>(_ type: Entity.Type, in account: AccountID) -> Int {
        tables[Place(kind: Entity.kind, account: account)]?.count ?? 0
    }

    /// The account that has an entity under this key, of whatever account it is.
    func owner<Entity: AccessEntity>(of type: Entity.Type, _ key: String) -> AccountID? {
        tables.first { $0.key.kind == Entity.kind && $0.value[key] != nil }?.key.account
    }

    package mutating func put<Entity: AccessEntity>(_ entity: Entity) {
        insert(entity)
        changes.append(.put(entity))
    }

    package mutating func remove<Entity: AccessEntity>(_ entity: Entity) {
        tables[Place(kind: Entity.kind, account: entity.account)]?[entity.key] = nil
        generation += 1
        changes.append(.remove(kind: Entity.kind, account: entity.account, key: entity.key))
    }

    /// Puts what the store already holds.
    mutating func insert<Entity: AccessEntity>(_ entity: Entity) {
        tables[Place(kind: Entity.kind, account: entity.account), default: [:]][entity.key] = entity
        generation += 1
    }

    mutating func forgetChanges() { changes = [] }
}

/// One change of the directory, for the store.
package enum AccessChange: Sendable {
    case put(any AccessEntity)
    case remove(kind: String, account: AccountID, key: String)
}
