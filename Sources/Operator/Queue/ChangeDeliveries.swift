// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Queue
import Sending

/// What an operator asks to be done to deliveries, and why: the reason stands in the record of it.
struct ChangeInput: Decodable {
    var selection: WireSelection
    var reason: String
    /// Where to, for `RerouteDeliveries`: `ACCOUNT/NAME`, or `system` for the system's own address.
    var pool: String?
}

struct ChangeOutput: Encodable {
    let changed: Int
}

/// Keeps deliveries from being tried until they are released.
struct HoldDeliveries: Operation {
    static let route = Route.json(prefix: "Postern")
    let services: QueueServices

    func run(_ input: ChangeInput, as context: RequestContext) async throws -> ChangeOutput {
        try await services.change(Self.name, input, context) { try await services.desk.hold($0, by: $1) }
    }
}

/// Lets go what is held.
struct ReleaseDeliveries: Operation {
    static let route = Route.json(prefix: "Postern")
    let services: QueueServices

    func run(_ input: ChangeInput, as context: RequestContext) async throws -> ChangeOutput {
        try await services.change(Self.name, input, context) { try await services.desk.release($0, by: $1) }
    }
}

/// Makes deliveries due at once, whatever their last try came to.
struct RetryDeliveries: Operation {
    static let route = Route.json(prefix: "Postern")
    let services: QueueServices

    func run(_ input: ChangeInput, as context: RequestContext) async throws -> ChangeOutput {
        try await services.change(Self.name, input, context) { try await services.desk.retryNow($0, by: $1) }
    }
}

/// Sends deliveries by way of another pool.
struct RerouteDeliveries: Operation {
    static let route = Route.json(prefix: "Postern")
    let services: QueueServices

    func run(_ input: ChangeInput, as context: RequestContext) async throws -> ChangeOutput {
        guard let pool = input.pool else {
            throw ServiceError("ValidationException", "Pool is missing: ACCOUNT/NAME, or system.")
        }
        let target = try services.target(pool, for: try Caller(context))
        return try await services.change(Self.name, input, context) {
            try await services.desk.reroute($0, to: target, by: $1)
        }
    }
}

/// Gives deliveries up without a word to their senders.
struct DropDeliveries: Operation {
    static let route = Route.json(prefix: "Postern")
    let services: QueueServices

    func run(_ input: ChangeInput, as context: RequestContext) async throws -> ChangeOutput {
        try await services.change(Self.name, input, context) { try await services.desk.drop($0, by: $1) }
    }
}

extension QueueServices {
    /// The pool to go by: nil for the system's own address, which all share.
    fileprivate func target(_ text: String, for caller: Caller) throws -> PoolID? {
        guard text != "system" else { return nil }
        let pool = try WireSelection.pool(text)
        guard caller.account == managementAccount || caller.account == pool.account else {
            throw ServiceError(
                "AccessDeniedException", "The pools of account \(pool.account) are not yours.", status: 403)
        }
        guard pool.name != DedicatedIPPool.shared else { return nil }
        do { _ = try addresses.findPool(pool.name, in: pool.account) } catch {
            throw ServiceError("NotFoundException", "Pool \(pool) does not exist.", status: 404)
        }
        return pool
    }

    func change(
        _ operation: String, _ input: ChangeInput, _ context: RequestContext,
        _ act: (Selection, QueueDesk.Hand) async throws -> Int
    ) async throws -> ChangeOutput {
        let caller = try Caller(context)
        try require(operation, as: caller)
        guard input.selection.isNarrow || input.selection.all == true else {
            throw ServiceError(
                "ValidationException",
                "Nothing was selected: name messages, a sender, a site, an account, a configuration set or a pool; "
                    + "or say All for everything.")
        }
        try requireReason(input.reason)
        let hand = QueueDesk.Hand(
            account: caller.account, principal: caller.principal.arn, sourceAddress: caller.sourceAddress,
            reason: input.reason, call: caller.call?.fact(withParameters: true))
        return ChangeOutput(changed: try await act(try input.selection.selection(self, for: caller), hand))
    }
}
