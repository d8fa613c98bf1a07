// SPDX-License-Identifier: Apache-2.0

package import Access
import FoundationEssentials
import Journal
package import Mail

/// The keys of notifications: one record of the management account, private halves sealed. One signs, old ones stay
/// served until their certificates end.
package actor NotificationKeys {
    private static let kind = "notification-keys"
    private static let name = "keys"
    private static let purpose = "notification key"

    private struct Row: Codable {
        let id: String
        let certificate: String
        let validTo: Timestamp
        let sealed: String?
    }

    private let store: any TopicStore
    private let sealer: SecretSealer
    private let account: AccountID
    private let host: String
    private let now: Now
    private var keys: [NotificationKey]?
    private var making: Task<NotificationKey, any Error>?

    /// - Parameter host: of the public address, for the certificate's name.
    package init(
        _ store: any TopicStore, sealer: SecretSealer, management: AccountID, host: String, now: @escaping Now
    ) {
        self.store = store
        self.sealer = sealer
        account = management
        self.host = host
        self.now = now
    }

    /// The key that signs now; made at the first use, and made anew two months before its certificate ends.
    package func current() async throws -> NotificationKey {
        if let making { return try await making.value }
        if let last = keys?.last, isGood(last) { return last }
        // One for all who ask at the same moment.
        let task = Task { try await loadOrMake() }
        making = task
        defer { making = nil }
        return try await task.value
    }

    private func isGood(_ key: NotificationKey) -> Bool {
        key.privateKey != nil && key.validTo - now() > NotificationKey.overlap
    }

    private func loadOrMake() async throws -> NotificationKey {
        let present = try await load()
        if let last = present.last, isGood(last) { return last }
        let fresh = try NotificationKey.make(host: host, at: now())
        let kept = present.filter { $0.validTo > now() }.map(\.retired) + [fresh]
        try await store(kept, replacing: !present.isEmpty)
        keys = kept
        return fresh
    }

    /// The certificate that is served under this name; nil for none.
    package func certificate(named file: String) async throws -> String? {
        if try await load().isEmpty { _ = try await current() }
        return try await load().first { $0.fileName == file }?.certificate
    }

    private func load() async throws -> [NotificationKey] {
        if let keys { return keys }
        guard let content = try await store.record(Self.kind, Self.name, in: account) else { return [] }
        let found = try JSONDecoder().decode([Row].self, from: Data(content)).map { row in
            NotificationKey(
                id: row.id, certificate: row.certificate, validTo: row.validTo,
                privateKey: try row.sealed.map { try sealer.open($0, for: Self.purpose) })
        }
        keys = found
        return found
    }

    private func store(_ keys: [NotificationKey], replacing: Bool) async throws {
        let rows = try keys.map { key in
            Row(
                id: key.id, certificate: key.certificate, validTo: key.validTo,
                sealed: try key.privateKey.map { try sealer.seal($0, for: Self.purpose) })
        }
        let event = Fact.Administered(
            operation: "postern:RotateNotificationKey", principal: "postern",
            resource: "notification-key/\(keys.last?.id ?? "")", sourceAddress: "")
        let isStored = try await store.put(
            Self.kind, Self.name, in: account, content: Array(try JSONEncoder().encode(rows)), replacing: replacing,
            recording: Fact(at: now(), account: account, message: nil, event: .administered(event)))
        guard isStored else { throw NotificationKeyFailure() }
    }
}
