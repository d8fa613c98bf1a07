// SPDX-License-Identifier: Apache-2.0

import Access
import Foundation
import Journal
import Logging
import Mail
import Receiving
import Sending
import ServiceLifecycle

/// The keys of return paths as they lie in the store: one record of the management account, each key sealed.
struct ReturnPathSecrets: Sendable {
    private static let purpose = "return path key"
    private static let kind = "return-path-keys"
    private static let name = "keys"

    private struct Row: Codable {
        let number: UInt8
        let sealed: String
        let madeAt: Timestamp
    }

    let records: any RecordStore
    let sealer: SecretSealer
    let account: AccountID
    let now: Now
    let random: RandomBits

    /// The keys to begin with; made where there are none, and changed where it is time.
    func load() async throws -> ReturnPathKeys {
        let stored = try await records.record(Self.kind, Self.name, in: account)
        let rows = try stored.map { try JSONDecoder().decode([Row].self, from: Data($0)) } ?? []
        let keys = ReturnPathKeys(
            try rows.map { row in
                .init(
                    number: row.number, secret: try sealer.open(row.sealed, for: Self.purpose), madeAt: row.madeAt)
            })
        try await rotate(keys)
        return keys
    }

    /// Makes a new key when the newest has signed long enough; it signs once it is stored.
    func rotate(_ keys: ReturnPathKeys) async throws {
        let before = keys.keys
        guard let after = ReturnPathKeys.rotated(before, at: now(), random: random) else { return }
        let rows = try after.map { key in
            Row(number: key.number, sealed: try sealer.seal(key.secret, for: Self.purpose), madeAt: key.madeAt)
        }
        let event = Fact.Administered(
            operation: "postern:RotateReturnPathKey", principal: "postern",
            resource: "return-path-key/\(after.first?.number ?? 0)", sourceAddress: "")
        let isStored = try await records.put(
            Self.kind, Self.name, in: account, content: Array(try JSONEncoder().encode(rows)),
            replacing: !before.isEmpty,
            recording: Fact(at: now(), account: account, message: nil, event: .administered(event)))
        guard isStored else { throw UnstoredReturnPathKey() }
        keys.replace(after)
    }
}

/// The record of the keys was changed by somebody else at the same moment.
private struct UnstoredReturnPathKey: Error, CustomStringConvertible {
    var description: String { "the keys of return paths could not be stored" }
}

/// Looks once a day whether a new key is due.
struct ReturnPathKeyWatch: Service {
    let secrets: ReturnPathSecrets
    let keys: ReturnPathKeys
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: .seconds(86_400))
                do { try await secrets.rotate(keys) } catch {
                    logger.error("the key of return paths was not changed", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
