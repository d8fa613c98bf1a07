// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Journal
package import Mail

/// Where trails stand.
package protocol TrailShelf: RecordStore {
    /// Writes one record with every other of its kind in view, in one transaction: what `body` decided by them still
    /// holds when it is written. What it throws is thrown, and nothing is changed.
    /// - Parameter body: gets all of the kind in the account, and makes the record. Quick, without I/O; may be run more
    ///   than once.
    func write(
        _ kind: String, _ name: String, in account: AccountID, recording fact: Fact,
        among body: @escaping @Sendable (_ all: [[UInt8]]) throws -> [UInt8]
    ) async throws
}

/// Why a trail cannot be as it was asked for, whoever else asks at the same moment.
package enum TrailConflict: Error, Hashable, Sendable {
    /// One of that name is there.
    case exists
    /// None of that name is there, or not any more.
    case unknown
    /// The account has as many as it may.
    case tooMany
    /// Another trail's files lie, or are to lie, in that place.
    case placeTaken
    /// Somebody else moved it in the meantime.
    case moved
}

/// The trails of all accounts.
package struct TrailBook: Sendable {
    /// AWS's own quota is five a region; the local chain is one of the management account's.
    package static let limit = 5
    /// The name of the server's own chain.
    package static let localName = "postern"
    private static let kind = "trail"

    private let shelf: any TrailShelf
    package let region: String
    package let management: AccountID
    private let accounts: @Sendable () -> [AccountID]
    package let now: Now

    /// - Parameter accounts: all there are, the management account among them.
    package init(
        _ shelf: any TrailShelf, region: String, management: AccountID,
        accounts: @escaping @Sendable () -> [AccountID], now: @escaping Now
    ) {
        self.shelf = shelf
        self.region = region
        self.management = management
        self.accounts = accounts
        self.now = now
    }

    /// Makes the server's own chain at the first start.
    package func makeLocal() async throws {
        var local = TrailDefinition(
            account: management, region: region, name: Self.localName, bucket: "postern-trail-\(management)",
            isLocal: true, since: now())
        local.switches.isMultiRegion = true
        local.switches.isValidated = true
        let event = Fact.Administered(
            operation: "cloudtrail:CreateTrail", principal: "postern", resource: local.arn, sourceAddress: "")
        _ = try await shelf.put(
            Self.kind, local.name, in: management, content: try Self.encode(local), replacing: false,
            recording: Fact(at: now(), account: management, message: nil, event: .administered(event)))
    }

    package func trail(_ name: String, in account: AccountID) async throws -> TrailDefinition? {
        try await shelf.record(Self.kind, name, in: account).map(Self.decode)
    }

    package func trails(of account: AccountID) async throws -> [TrailDefinition] {
        try await shelf.records(Self.kind, in: account, after: "", limit: Self.limit * 2).map(Self.decode)
    }

    /// What the archive is to do, over all accounts.
    package func copies() async throws -> [TrailCopy] {
        var copies: [TrailCopy] = []
        for account in accounts() { copies += try await trails(of: account).compactMap(\.copy) }
        return copies
    }

    /// Takes a new trail up. Of two that ask for one place, or to be the last that an account may have, one is.
    /// - Parameter isFree: whether nobody else's files lie where it is to write.
    /// - Throws: `TrailConflict`.
    package func add(_ trail: TrailDefinition, isFree: Bool, recording fact: Fact) async throws {
        try await shelf.write(Self.kind, trail.name, in: trail.account, recording: fact) { contents in
            let all = try contents.map(Self.decode)
            guard !all.contains(where: { $0.name == trail.name }) else { throw TrailConflict.exists }
            guard all.count(where: { !$0.isLocal }) < Self.limit else { throw TrailConflict.tooMany }
            guard isFree, trail.hasPlace(among: all) else { throw TrailConflict.placeTaken }
            return try Self.encode(trail)
        }
    }

    /// Changes a trail as it is now, so that two who change it at one moment undo nothing of each other's.
    /// - Parameter body: quick; may be run more than once.
    /// - Throws: `TrailConflict`.
    package func change(
        _ name: String, in account: AccountID, recording fact: Fact,
        _ body: @escaping @Sendable (inout TrailDefinition) throws -> Void
    ) async throws {
        try await shelf.write(Self.kind, name, in: account, recording: fact) { contents in
            let all = try contents.map(Self.decode)
            guard var trail = all.first(where: { $0.name == name }) else { throw TrailConflict.unknown }
            let before = trail.layout
            try body(&trail)
            guard trail.layout == before || trail.hasPlace(among: all) else { throw TrailConflict.placeTaken }
            return try Self.encode(trail)
        }
    }

    package func remove(_ trail: TrailDefinition, recording fact: Fact) async throws -> Bool {
        try await shelf.remove(Self.kind, trail.name, in: trail.account, recording: fact)
    }

    private static func encode(_ trail: TrailDefinition) throws -> [UInt8] { Array(try JSONEncoder().encode(trail)) }

    private static func decode(_ content: [UInt8]) throws -> TrailDefinition {
        try JSONDecoder().decode(TrailDefinition.self, from: Data(content))
    }
}

extension TrailDefinition {
    /// Whether no other trail of the account writes there: each takes what lies in its own place for its own. The local
    /// chain's bucket is nobody else's at all.
    fileprivate func hasPlace(among others: [TrailDefinition]) -> Bool {
        let prefixes = [layout.logPrefix, layout.digestPrefix]
        return !others.contains { other in
            guard other.name != name, other.bucket == bucket else { return false }
            return other.isLocal
                || [other.layout.logPrefix, other.layout.digestPrefix].contains { theirs in
                    prefixes.contains { $0.hasPrefix(theirs) || theirs.hasPrefix($0) }
                }
        }
    }
}
