// SPDX-License-Identifier: Apache-2.0

import Foundation
import Queue
import SQLite
import Settings

/// Everything that stands on disk.
struct Stores: Sendable {
    let spool: SQLiteSpool
    let records: SQLiteRecords
    let inbox: SQLiteInbox
    let drafts: FileDrafts

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
        } catch {
            throw ConfigurationError("'data-directory' \(directory) cannot be used: \(error)")
        }
        try await spool.sweep()
    }
}
