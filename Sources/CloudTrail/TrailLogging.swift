// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Journal
import Mail
import Trail

/// Has a trail copy records from now on.
struct StartLogging: Operation {
    static let route = trailRoute

    struct Input: Decodable { var name: String? }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (trail, caller) = try await services.trail(input.name, for: Self.name, context)
        guard !trail.isLogging else { return Empty() }
        let anchor = try await services.archive.anchor(of: trail.layout)
        let fact = services.fact(Self.name, trail, caller)
        try await services.change(trail, recording: fact) { trail in
            guard !trail.isLogging else { return }
            // Where the files have not ended yet they go on.
            if trail.copy?.since != anchor?.since || trail.since == nil || anchor?.closedAt != nil {
                trail.since = fact.at
            }
            trail.until = nil
        }
        return Empty()
    }
}

/// Stops the copies of a trail; the local record goes on.
struct StopLogging: Operation {
    static let route = trailRoute

    struct Input: Decodable { var name: String? }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (trail, caller) = try await services.trail(input.name, for: Self.name, context)
        try services.requireForeign(trail)
        guard trail.isLogging else { return Empty() }
        let fact = services.fact(Self.name, trail, caller)
        // The record of the end is the last one that is copied.
        try await services.change(trail, recording: fact) { $0.until = fact.at + 0.001 }
        return Empty()
    }
}

struct GetTrailStatus: Operation {
    static let route = trailRoute

    struct Input: Decodable { var name: String? }
    struct Output: Encodable {
        let isLogging: Bool
        let latestDeliveryTime: Moment?
        let latestDigestDeliveryTime: Moment?
        let startLoggingTime: Moment?
        let stopLoggingTime: Moment?
    }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (trail, _) = try await services.trail(input.name, for: Self.name, context)
        let anchor = try await services.archive.anchor(of: trail.layout)
        func moment(_ value: Timestamp?) -> Moment? { value.map { Moment(milliseconds: $0.milliseconds) } }
        return Output(
            isLogging: trail.isLogging, latestDeliveryTime: moment(anchor?.lastLogAt),
            latestDigestDeliveryTime: moment(anchor?.newestEnd), startLoggingTime: moment(trail.since),
            stopLoggingTime: moment(trail.until))
    }
}
