// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
package import Access
import Journal
import Mail
import Synchronization
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

    func arn(_ name: String, in account: AccountID) -> String {
        "arn:aws:cloudtrail:\(book.region):\(account):trail/\(name)"
    }

    /// The trail of this name or ARN, once the caller may do this to it.
    func trail(
        _ given: String?, for operation: String, _ context: RequestContext
    ) async throws -> (trail: TrailDefinition, caller: Caller) {
        guard let given, !given.isEmpty else {
            throw ServiceError("InvalidTrailNameException", "Trail name cannot be blank!")
        }
        let account = try Caller(context).account
        let base = arn("", in: account)
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

    func add(_ trail: TrailDefinition, _ operation: String, _ caller: Caller) async throws {
        let isFree = try await archive.isFree(trail.layout)
        try await told(of: trail) {
            try await book.add(trail, isFree: isFree, recording: fact(operation, trail, caller))
        }
    }

    /// - Returns: the trail as it is now.
    @discardableResult
    func change(
        _ trail: TrailDefinition, recording fact: Fact,
        _ body: @escaping @Sendable (inout TrailDefinition) throws -> Void
    ) async throws -> TrailDefinition {
        let after = Mutex(trail)
        try await told(of: trail) {
            try await book.change(trail.name, in: trail.account, recording: fact) { trail in
                try body(&trail)
                after.withLock { [trail] in $0 = trail }
            }
        }
        return after.withLock(\.self)
    }

    /// - Throws: where another trail's files lie.
    func requireFree(_ layout: TrailLayout) async throws {
        guard try await archive.isFree(layout) else { throw Self.placeTaken(layout.bucket) }
    }

    private func told(of trail: TrailDefinition, _ body: () async throws -> Void) async throws {
        do { try await body() } catch let conflict as TrailConflict {
            switch conflict {
            case .exists: throw ServiceError("TrailAlreadyExistsException", "Trail \(trail.name) already exists.")
            case .tooMany:
                throw ServiceError(
                    "MaximumNumberOfTrailsExceededException",
                    "User: \(trail.account) already has \(TrailBook.limit) trails.")
            case .placeTaken: throw Self.placeTaken(trail.bucket)
            case .unknown, .moved:
                throw ServiceError(
                    "ConflictException", "The trail \(trail.name) was changed at the same moment.")
            }
        }
    }

    private static func placeTaken(_ bucket: String) -> ServiceError {
        ServiceError(
            "InvalidParameterCombinationException",
            "Another trail's files lie in bucket \(bucket) under this prefix: give it another prefix.")
    }
}
