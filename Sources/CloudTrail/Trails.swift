// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Trail

/// What `CreateTrail` and `UpdateTrail` take alike.
struct TrailSettings: Decodable {
    var name: String?
    var s3BucketName: String?
    var s3KeyPrefix: String?
    var includeGlobalServiceEvents: Bool?
    var isMultiRegionTrail: Bool?
    var enableLogFileValidation: Bool?
    var snsTopicName: String?
    var cloudWatchLogsLogGroupArn: String?
    var cloudWatchLogsRoleArn: String?
    var kmsKeyId: String?
    var isOrganizationTrail: Bool?
    /// Of `CreateTrail` alone.
    var tagsList: [TrailTag]?

    /// - Throws: for what AWS's trails do beyond copying into a bucket: nobody is to believe that it happens.
    func checkOffered() throws {
        let options = [snsTopicName, cloudWatchLogsLogGroupArn, cloudWatchLogsRoleArn, kmsKeyId]
        guard options.allSatisfy({ $0 ?? "" == "" }), isOrganizationTrail != true else {
            throw ServiceError(
                "UnsupportedOperationException",
                "Topics, log groups, keys of KMS and trails of an organization are not offered here.")
        }
    }

    /// Has the trail be as it is said here; what is not said stays.
    func apply(to trail: inout TrailDefinition) throws {
        if let s3BucketName { trail.bucket = try TrailInput.bucket(s3BucketName) }
        if let s3KeyPrefix { trail.prefix = try TrailInput.prefix(s3KeyPrefix) }
        trail.switches.includesGlobalServices = includeGlobalServiceEvents ?? trail.switches.includesGlobalServices
        trail.switches.isMultiRegion = isMultiRegionTrail ?? trail.switches.isMultiRegion
        trail.switches.isValidated = enableLogFileValidation ?? trail.switches.isValidated
    }
}

struct CreateTrail: Operation {
    static let route = trailRoute

    let services: TrailServices

    func run(_ input: TrailSettings, as context: RequestContext) async throws -> WireTrail {
        let name = input.name ?? ""
        try TrailInput.checkName(name)
        let caller = try services.caller(Self.name, on: services.arn(name, in: try Caller(context).account), context)
        try input.checkOffered()
        var trail = TrailDefinition(
            account: caller.account, region: services.book.region, name: name,
            bucket: try TrailInput.bucket(input.s3BucketName))
        try input.apply(to: &trail)
        trail.tags = try TrailTag.added(input.tagsList ?? [], to: [:])
        try await services.add(trail, Self.name, caller)
        return WireTrail(trail, isWhole: false)
    }
}

struct UpdateTrail: Operation {
    static let route = trailRoute

    let services: TrailServices

    func run(_ input: TrailSettings, as context: RequestContext) async throws -> WireTrail {
        let (before, caller) = try await services.trail(input.name, for: Self.name, context)
        try services.requireForeign(before)
        try input.checkOffered()
        var wanted = before
        try input.apply(to: &wanted)
        let place = wanted.layout
        try await services.requireFree(place)
        let after = try await services.change(before, recording: services.fact(Self.name, before, caller)) { trail in
            try input.apply(to: &trail)
            guard trail.layout == place else { throw TrailConflict.moved }
        }
        return WireTrail(after, isWhole: false)
    }
}

struct DeleteTrail: Operation {
    static let route = trailRoute

    struct Input: Decodable { var name: String? }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (trail, caller) = try await services.trail(input.name, for: Self.name, context)
        try services.requireForeign(trail)
        let fact = services.fact(Self.name, trail, caller)
        guard try await services.book.remove(trail, recording: fact) else {
            throw ServiceError("ConflictException", "The trail \(trail.name) was deleted at the same moment.")
        }
        return Empty()
    }
}
