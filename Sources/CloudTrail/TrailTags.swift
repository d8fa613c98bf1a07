// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Trail

/// A tag of a trail.
struct TrailTag: Codable {
    static let limit = 50

    let key: String
    var value: String?

    /// - Throws: `ServiceError` for a tag that AWS would not take, and for more than fifty of them.
    static func added(_ tags: [TrailTag], to before: [String: String]) throws -> [String: String] {
        var after = before
        for tag in tags {
            let value = tag.value ?? ""
            guard TagText.isAllowed(tag.key, value) else {
                throw ServiceError("InvalidTagParameterException", "A tag's key or value is not valid.")
            }
            after[tag.key] = value
        }
        guard after.count <= limit else {
            throw ServiceError("TagsLimitExceededException", "A trail has \(limit) tags at most.")
        }
        return after
    }
}

struct AddTags: Operation {
    static let route = trailRoute

    struct Input: Decodable {
        var resourceId: String?
        var tagsList: [TrailTag]?
    }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (trail, caller) = try await services.resource(input.resourceId, for: Self.name, context)
        try await services.change(trail, recording: services.fact(Self.name, trail, caller)) { trail in
            trail.tags = try TrailTag.added(input.tagsList ?? [], to: trail.tags)
        }
        return Empty()
    }
}

struct RemoveTags: Operation {
    static let route = trailRoute

    struct Input: Decodable {
        var resourceId: String?
        var tagsList: [TrailTag]?
    }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (trail, caller) = try await services.resource(input.resourceId, for: Self.name, context)
        try await services.change(trail, recording: services.fact(Self.name, trail, caller)) { trail in
            for tag in input.tagsList ?? [] { trail.tags[tag.key] = nil }
        }
        return Empty()
    }
}

struct ListTags: Operation {
    static let route = trailRoute
    /// Trails that one request may ask for.
    static let limit = 20

    struct Input: Decodable { var resourceIdList: [String]? }
    struct Output: Encodable {
        struct Entry: Encodable {
            let resourceId: String
            let tagsList: [TrailTag]
        }
        let resourceTagList: [Entry]
    }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let asked = input.resourceIdList ?? []
        guard asked.count <= Self.limit else {
            throw ServiceError(
                "InvalidParameterCombinationException", "At most \(Self.limit) resources in one request.")
        }
        var entries: [Output.Entry] = []
        for id in asked {
            let (trail, _) = try await services.resource(id, for: Self.name, context)
            let tags = trail.tags.sorted { $0.key < $1.key }.map { TrailTag(key: $0.key, value: $0.value) }
            entries.append(.init(resourceId: trail.arn, tagsList: tags))
        }
        return Output(resourceTagList: entries)
    }
}

extension TrailServices {
    /// The trail of this ARN, in the words of the operations on tags.
    fileprivate func resource(
        _ arn: String?, for operation: String, _ context: RequestContext
    ) async throws -> (trail: TrailDefinition, caller: Caller) {
        guard let arn, arn.hasPrefix("arn:") else {
            throw ServiceError("CloudTrailARNInvalidException", "Resource ARN is not valid.")
        }
        do {
            return try await trail(arn, for: operation, context)
        } catch let error as ServiceError where error.code == "TrailNotFoundException" {
            throw ServiceError("ResourceNotFoundException", error.message)
        }
    }
}
