// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Journal
package import Mail

/// A trail as its account declared it: whose records are copied, and into which bucket.
package struct TrailDefinition: Hashable, Sendable, Codable {
    package let account: AccountID
    package let region: String
    package let name: String
    package var bucket: String
    /// Before `AWSLogs`; empty for none.
    package var prefix: String
    /// The server's own chain, which holds every account's records and cannot be stopped or deleted.
    package let isLocal: Bool
    package var since: Timestamp?
    /// When copying stopped; nil while it goes on, or before it began.
    package var until: Timestamp?
    package var switches = Switches()
    /// Nil where nobody said which records it copies.
    package var selectors: EventSelectors?
    package var tags: [String: String] = [:]

    /// What was asked for and makes no difference here: there is one region, and every trail is signed.
    package struct Switches: Hashable, Sendable, Codable {
        package var isMultiRegion = false
        package var includesGlobalServices = true
        package var isValidated = false

        package init() {}
    }

    package init(
        account: AccountID, region: String, name: String, bucket: String, prefix: String = "", isLocal: Bool = false,
        since: Timestamp? = nil
    ) {
        self.account = account
        self.region = region
        self.name = name
        self.bucket = bucket
        self.prefix = prefix
        self.isLocal = isLocal
        self.since = since
    }

    package var layout: TrailLayout {
        TrailLayout(account: account, region: region, trail: name, bucket: bucket, prefix: prefix)
    }
    package var arn: String { layout.arn }
    package var isLogging: Bool { since != nil && until == nil }

    /// What the archive is to do; nil for a trail that never began.
    package var copy: TrailCopy? {
        since.map { since in
            TrailCopy(
                layout: layout, holdsAllAccounts: isLocal, since: since, until: until,
                selectors: isLocal ? .everything : selectors ?? .standard)
        }
    }
}

/// Named records of an account; the same shape as other rooms' record stores, so that one table serves all.
package protocol TrailShelf: Sendable {
    func record(_ kind: String, _ name: String, in account: AccountID) async throws -> [UInt8]?
    /// At most `limit` records whose name sorts after `after`, by name.
    func records(_ kind: String, in account: AccountID, after: String, limit: Int) async throws -> [[UInt8]]
    /// - Parameter replacing: whether one must be there already (true), or must not (false).
    /// - Returns: whether it was so; otherwise nothing was changed.
    func put(
        _ kind: String, _ name: String, in account: AccountID, content: [UInt8], replacing: Bool, recording fact: Fact
    ) async throws -> Bool
    /// - Returns: whether there was one.
    func remove(_ kind: String, _ name: String, in account: AccountID, recording fact: Fact) async throws -> Bool
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
        _ = try await put(
            local, replacing: false,
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

    package func put(_ trail: TrailDefinition, replacing: Bool, recording fact: Fact) async throws -> Bool {
        try await shelf.put(
            Self.kind, trail.name, in: trail.account, content: Array(try JSONEncoder().encode(trail)),
            replacing: replacing, recording: fact)
    }

    package func remove(_ trail: TrailDefinition, recording fact: Fact) async throws -> Bool {
        try await shelf.remove(Self.kind, trail.name, in: trail.account, recording: fact)
    }

    private static func decode(_ content: [UInt8]) throws -> TrailDefinition {
        try JSONDecoder().decode(TrailDefinition.self, from: Data(content))
    }
}
