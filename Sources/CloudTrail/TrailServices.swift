// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
package import Access
import Journal
import Mail
package import Trail

/// What the operations on trails stand on.
package struct TrailServices: Sendable {
    let access: AccessControl
    let book: TrailBook
    let archive: TrailArchive
    let store: any TrailStore
    let rate = LookupRate()

    package init(access: AccessControl, book: TrailBook, archive: TrailArchive, store: any TrailStore) {
        self.access = access
        self.book = book
        self.archive = archive
        self.store = store
    }

    func caller(_ operation: String, on arn: String = "*", _ context: RequestContext) throws -> Caller {
        let caller = try Caller(context)
        try access.require("cloudtrail:\(operation)", on: .init(arn), as: caller, code: "AccessDeniedException")
        return caller
    }

    /// The trail of this name or ARN, once the caller may do this to it.
    func trail(
        _ given: String?, for operation: String, _ context: RequestContext
    ) async throws -> (trail: TrailDefinition, caller: Caller) {
        guard let given, !given.isEmpty else {
            throw ServiceError("InvalidTrailNameException", "Trail name cannot be blank!")
        }
        let account = try Caller(context).account
        let base = "arn:aws:cloudtrail:\(book.region):\(account):trail/"
        let name = given.hasPrefix(base) ? String(given.dropFirst(base.count)) : given
        // What is no ARN of this account's names nothing, and is asked about as it is.
        let caller = try caller(operation, on: name.hasPrefix("arn:") ? name : base + name, context)
        guard let trail = try await book.trail(name, in: account) else {
            throw ServiceError(
                "TrailNotFoundException", "Unknown trail: \(given.prefix(200)) for the user: \(account)")
        }
        return (trail, caller)
    }

    func fact(_ operation: String, _ trail: TrailDefinition, _ caller: Caller) -> Fact {
        Fact("cloudtrail:\(operation)", on: trail.arn, by: caller, at: book.now())
    }

    func requireForeign(_ trail: TrailDefinition) throws {
        guard !trail.isLocal else {
            throw ServiceError(
                "OperationNotPermittedException", "The trail \(trail.name) is the server's own: it always goes on.")
        }
    }

    func store(_ trail: TrailDefinition, replacing: Bool, _ operation: String, _ caller: Caller) async throws {
        try await store(trail, replacing: replacing, recording: fact(operation, trail, caller))
    }

    func store(_ trail: TrailDefinition, replacing: Bool, recording fact: Fact) async throws {
        guard try await book.put(trail, replacing: replacing, recording: fact) else {
            throw replacing
                ? ServiceError("ConflictException", "The trail \(trail.name) was changed at the same moment.")
                : ServiceError("TrailAlreadyExistsException", "Trail \(trail.name) already exists.")
        }
    }

    /// Sees to it that no two trails write to one place: each takes what lies in its own for its own.
    func requirePlace(_ trail: TrailDefinition, among others: [TrailDefinition]) async throws {
        let layout = trail.layout
        let prefixes = [layout.logPrefix, layout.digestPrefix]
        let taken = others.contains { other in
            guard other.name != trail.name, other.bucket == trail.bucket else { return false }
            return other.isLocal
                || [other.layout.logPrefix, other.layout.digestPrefix].contains { theirs in
                    prefixes.contains { $0.hasPrefix(theirs) || theirs.hasPrefix($0) }
                }
        }
        guard !taken, try await archive.isFree(layout) else {
            throw ServiceError(
                "InvalidParameterCombinationException",
                "Another trail's files lie in bucket \(trail.bucket) under this prefix: give it another prefix.")
        }
    }
}
