// SPDX-License-Identifier: Apache-2.0

import Access
import Foundation
import Queue
import SQLite
import Sending
import Settings

/// Everything that stands on disk.
struct Stores: Sendable {
    let spool: SQLiteSpool
    let records: SQLiteRecords
    let inbox: SQLiteInbox
    let drafts: FileDrafts
    let tls: SQLiteTLSResults
    let trail: SQLiteTrail
    let messages: SQLiteMessageIndex
    let notices: SQLiteNotices
    let metrics: SQLiteMetrics

    init(_ configuration: ServerConfiguration) async throws {
        let directory = configuration.dataDirectory
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ConfigurationError("'data-directory' \(directory) cannot be made: \(error.localizedDescription)")
        }
        let synchronous: Engine.Synchronous = configuration.spool.synchronous == .full ? .full : .normal
        do {
            spool = try SQLiteSpool(
                directory: directory, reserve: configuration.spool.reserve, synchronous: synchronous)
            records = try SQLiteRecords(directory: directory, synchronous: synchronous)
            inbox = try SQLiteInbox(directory: directory, capacity: configuration.inboxKeep)
            drafts = try FileDrafts(directory: "\(directory)/drafts")
            tls = try SQLiteTLSResults(directory: directory)
            trail = try SQLiteTrail(directory: directory)
            messages = try SQLiteMessageIndex(directory: directory, spool: spool, records: records)
            notices = try SQLiteNotices(directory: directory)
            metrics = try SQLiteMetrics(directory: directory, synchronous: synchronous)
        } catch {
            throw ConfigurationError("'data-directory' \(directory) cannot be used: \(error)")
        }
        try await spool.sweep()
        try await spool.sweepLanes()
    }
}

extension Stores {
    /// The identities, with their keys sealed. Those that an older version left in clear are sealed now, and the file
    /// is made to forget them: once in its life at least, so that a crash in between leaves nothing.
    func identities(_ sealer: SecretSealer) async throws -> SealedIdentities {
        let identities = SealedIdentities(records, sealer: sealer)
        let wereClear = try await identities.sealOlderKeys()
        let isScrubbed = try await records.position(of: "sealing", in: "dkim-keys") == 1
        if wereClear || !isScrubbed {
            try await records.scrub()
            try await records.advance("sealing", in: "dkim-keys", to: 1)
        }
        return identities
    }
}

extension IdentityDirectory {
    /// - Throws: `ConfigurationError` with what the operator's file forbids and the store holds.
    func requirePoliciesInsideGuardrails() async throws {
        let forbidden = try await forbiddenPolicies()
        guard !forbidden.isEmpty else { return }
        throw ConfigurationError(
            "'guardrails.forbid-public-identity-policies' forbids policies that are in the store and let everybody send; "
                + "start with it set to false, change or delete them, and start again: "
                + forbidden.joined(separator: "; "))
    }
}
