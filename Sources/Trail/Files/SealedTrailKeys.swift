// SPDX-License-Identifier: Apache-2.0

package import Access
import FoundationEssentials
import Journal
package import Mail

/// The keys of the trail as they lie in the store: one record of the management account, private halves sealed.
package struct SealedTrailKeys: TrailKeyStore {
    private static let kind = "trail-keys"
    private static let name = "keys"
    private static let purpose = "trail key"

    private struct Row: Codable {
        let publicKey: TrailPublicKey
        let sealed: String?
    }

    private let shelf: any TrailShelf
    private let sealer: SecretSealer
    private let account: AccountID
    private let now: Now

    package init(_ shelf: any TrailShelf, sealer: SecretSealer, management: AccountID, now: @escaping Now) {
        self.shelf = shelf
        self.sealer = sealer
        account = management
        self.now = now
    }

    package func keys() async throws -> [TrailKey] {
        guard let content = try await shelf.record(Self.kind, Self.name, in: account) else { return [] }
        return try JSONDecoder().decode([Row].self, from: Data(content)).map { row in
            TrailKey(
                publicKey: row.publicKey, privateKey: try row.sealed.map { try sealer.open($0, for: Self.purpose) })
        }
    }

    package func replace(_ keys: [TrailKey]) async throws {
        let rows = try keys.map { key in
            Row(publicKey: key.publicKey, sealed: try key.privateKey.map { try sealer.seal($0, for: Self.purpose) })
        }
        let event = Fact.Administered(
            operation: "postern:RotateTrailKey", principal: "postern",
            resource: "trail-key/\(keys.last?.publicKey.fingerprint ?? "")", sourceAddress: "")
        let isStored = try await shelf.put(
            Self.kind, Self.name, in: account, content: Array(try JSONEncoder().encode(rows)),
            replacing: keys.count > 1,
            recording: Fact(at: now(), account: account, message: nil, event: .administered(event)))
        guard isStored else { throw TrailFailure("the keys of the trail could not be stored") }
    }
}
