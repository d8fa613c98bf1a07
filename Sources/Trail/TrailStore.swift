// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The local trail: every record of this server, numbered in the order in which it came here.
package protocol TrailStore: Sendable {
    /// Keeps records and, in the same transaction, how far their stream has been read. A management event that is here
    /// already (by its id) is passed over: one act may have many facts. A data event has one, and is not looked for.
    func append(_ records: [TrailRecord], from stream: String, upTo position: Int64) async throws
    /// How far a stream has been read; 0 for one that never was.
    func position(in stream: String) async throws -> Int64
    /// At most `limit` records after `sequence`, oldest first.
    func records(after sequence: Int64, limit: Int) async throws -> [StoredTrailRecord]
    /// The newest first.
    func lookup(_ query: TrailQuery) async throws -> [StoredTrailRecord]
}

/// A record with its place in the local trail.
package struct StoredTrailRecord: Hashable, Sendable {
    package let sequence: Int64
    package let record: TrailRecord

    package init(sequence: Int64, record: TrailRecord) {
        self.sequence = sequence
        self.record = record
    }
}

/// What `LookupEvents` may ask: management events of one account, by one attribute, within a time.
package struct TrailQuery: Hashable, Sendable {
    package enum Attribute: Hashable, Sendable {
        case eventID(String)
        case eventName(String)
        case readOnly(Bool)
        case userName(String)
        case resourceType(String)
        case resourceName(String)
        case eventSource(String)
        case accessKeyID(String)
    }

    package var account: AccountID
    package var attribute: Attribute?
    /// Both included.
    package var from: Timestamp
    package var to: Timestamp
    /// Only records older than this one.
    package var before: Int64?
    package var limit: Int

    package init(
        account: AccountID, attribute: Attribute? = nil, from: Timestamp, to: Timestamp, before: Int64? = nil,
        limit: Int = 50
    ) {
        self.account = account
        self.attribute = attribute
        self.from = from
        self.to = to
        self.before = before
        self.limit = limit
    }
}
