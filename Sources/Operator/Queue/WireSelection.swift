// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Mail
import Queue

/// Which deliveries a request means: those that meet all that is given.
struct WireSelection: Decodable {
    /// Ids named in one request.
    static let maximumIDs = 1_000

    var messageIds: [String]?
    var deliveryIds: [Int64]?
    /// An address, or a domain.
    var sender: String?
    var site: String?
    var accountId: String?
    var configurationSet: String?
    /// `ACCOUNT/NAME`.
    var pool: String?
    var held: Bool?
    /// Everything is meant: to be said, where nothing else is.
    var all: Bool?

    /// - Throws: `ServiceError` where nothing is named, or something is not what it should be.
    func selection(_ services: QueueServices, for caller: Caller) throws -> Selection {
        var selection = Selection()
        selection.messages = Set(try (messageIds ?? []).map { try services.messageID($0) })
        selection.deliveries = Set(deliveryIds ?? [])
        guard selection.messages.count + selection.deliveries.count <= Self.maximumIDs else {
            throw ServiceError("ValidationException", "At most \(Self.maximumIDs) ids may be named.")
        }
        selection.sender = sender
        selection.account = try services.account(try accountId.map { try Self.account($0) }, for: caller)
        selection.configurationSet = configurationSet
        selection.pool = try pool.map { try Self.pool($0) }
        selection.isHeld = held
        selection.site = site
        return selection
    }

    /// Whether anything but the account was said; an act on everything must be asked for by name.
    var isNarrow: Bool {
        !(messageIds ?? []).isEmpty || !(deliveryIds ?? []).isEmpty || sender != nil || site != nil || accountId != nil
            || configurationSet != nil || pool != nil || held != nil
    }

    static func account(_ text: String) throws -> AccountID {
        guard let account = AccountID(text) else {
            throw ServiceError("ValidationException", "'\(text.prefix(100))' is no account id: twelve digits are.")
        }
        return account
    }

    static func pool(_ text: String) throws -> PoolID {
        guard let pool = PoolID(parsing: text) else {
            throw ServiceError("ValidationException", "'\(text.prefix(100))' is no pool: ACCOUNT/NAME is.")
        }
        return pool
    }
}
