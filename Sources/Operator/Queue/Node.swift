// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Journal
import Mail
import Queue
import Sending

/// Stops new tries on this node, or takes them up again; what is under way ends by itself, and acceptance goes on.
struct SetQueueState: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input: Decodable {
        /// `RUNNING`, `HELD`, `DRAINING`.
        var state: String
        var reason: String
    }
    struct Output: Encodable {
        let state: String
        /// Tries that have still to end.
        let underWay: Int
    }

    let services: QueueServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.requireManagement(Self.name, as: caller)
        guard ["RUNNING", "HELD", "DRAINING"].contains(input.state) else {
            throw ServiceError("ValidationException", "State must be RUNNING, HELD or DRAINING.")
        }
        try services.requireReason(input.reason)
        try await services.record(Self.name, "queue \(input.state)", input.reason, caller)
        services.halts.latest =
            input.state == "RUNNING" ? nil : Halts.Halt(by: caller.principal.arn, reason: input.reason)
        // What stops comes before what lets go, so that nothing slips out between them.
        if input.state == "HELD" { await services.desk.queue.setHold(true) }
        await services.desk.queue.setDraining(input.state == "DRAINING")
        await services.desk.queue.setHold(input.state == "HELD")
        return Output(state: input.state, underWay: await services.desk.queue.state.counts.inFlight)
    }
}

/// Takes an address out of use, or back into it: what is under way ends, and nothing new leaves from it.
struct SetAddressDraining: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input: Decodable {
        var ip: String
        var draining: Bool
        var reason: String
    }
    struct Output: Encodable {
        let ip: String
        let draining: Bool
        let underWay: Int
    }

    let services: QueueServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.requireManagement(Self.name, as: caller)
        try services.requireReason(input.reason)
        do {
            try await services.addresses.setDraining(
                input.draining, of: input.ip, because: input.reason, operation: "postern:\(Self.name)", by: caller)
        } catch RecordFailure.notFound {
            throw ServiceError(
                "NotFoundException",
                "\(input.ip.prefix(45)) is no dedicated address: those are named in delivery.addresses, with a pool of "
                    + "an account.", status: 404)
        }
        let paths = await services.desk.queue.paths(address: input.ip)
        return Output(
            ip: input.ip, draining: input.draining, underWay: paths.reduce(0) { $0 + $1.inFlight })
    }
}

extension QueueServices {
    func record(_ operation: String, _ resource: String, _ reason: String, _ caller: Caller) async throws {
        try await desk.queue.record([
            Fact("postern:\(operation)", on: resource, by: caller, because: reason, at: now())
        ])
    }
}
