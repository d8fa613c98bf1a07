// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Trail

/// Both spellings of `X-Amz-Target` end in the operation's name.
let trailRoute = Route.json(prefix: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101")

/// A trail as CloudTrail shows it.
struct WireTrail: Encodable {
    let name: String
    let s3BucketName: String
    let s3KeyPrefix: String?
    let includeGlobalServiceEvents: Bool
    let isMultiRegionTrail: Bool
    let homeRegion: String
    let trailARN: String
    let logFileValidationEnabled: Bool
    let hasCustomEventSelectors: Bool
    let hasInsightSelectors = false
    let isOrganizationTrail = false

    init(_ trail: TrailDefinition) {
        name = trail.name
        s3BucketName = trail.bucket
        includeGlobalServiceEvents = trail.switches.includesGlobalServices
        isMultiRegionTrail = trail.switches.isMultiRegion
        logFileValidationEnabled = trail.switches.isValidated
        s3KeyPrefix = trail.prefix.isEmpty ? nil : trail.prefix
        homeRegion = trail.region
        trailARN = trail.arn
        hasCustomEventSelectors = trail.isLocal || trail.selectors != nil
    }
}

/// What `CreateTrail` and `UpdateTrail` answer.
struct WrittenTrail: Encodable {
    let name: String
    let s3BucketName: String
    let s3KeyPrefix: String?
    let includeGlobalServiceEvents: Bool
    let isMultiRegionTrail: Bool
    let trailARN: String
    let logFileValidationEnabled: Bool
    let isOrganizationTrail = false

    init(_ trail: TrailDefinition) {
        name = trail.name
        s3BucketName = trail.bucket
        includeGlobalServiceEvents = trail.switches.includesGlobalServices
        isMultiRegionTrail = trail.switches.isMultiRegion
        logFileValidationEnabled = trail.switches.isValidated
        s3KeyPrefix = trail.prefix.isEmpty ? nil : trail.prefix
        trailARN = trail.arn
    }
}

struct CreateTrail: Operation {
    static let route = trailRoute

    struct Input: Decodable {
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
        var tagsList: [TrailTag]?
    }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> WrittenTrail {
        let name = input.name ?? ""
        try TrailInput.checkName(name)
        let region = services.book.region
        let base = "arn:aws:cloudtrail:\(region):"
        let own = try services.caller(
            Self.name, on: base + "\(try TrailInput.account(context)):trail/\(name)", context)
        try TrailInput.checkOffered(
            [input.snsTopicName, input.cloudWatchLogsLogGroupArn, input.cloudWatchLogsRoleArn, input.kmsKeyId],
            isOrganizationTrail: input.isOrganizationTrail)
        let bucket = try TrailInput.bucket(input.s3BucketName)
        let existing = try await services.book.trails(of: own.account)
        guard !existing.contains(where: { $0.name == name }) else {
            throw ServiceError("TrailAlreadyExistsException", "Trail \(name) already exists.")
        }
        guard existing.count(where: { !$0.isLocal }) < TrailBook.limit else {
            throw ServiceError(
                "MaximumNumberOfTrailsExceededException", "User: \(own.account) already has \(TrailBook.limit) trails.")
        }
        var trail = TrailDefinition(
            account: own.account, region: region, name: name, bucket: bucket,
            prefix: try TrailInput.prefix(input.s3KeyPrefix))
        trail.tags = try TrailTag.added(input.tagsList ?? [], to: [:])
        trail.switches.set(input.includeGlobalServiceEvents, input.isMultiRegionTrail, input.enableLogFileValidation)
        try await services.requirePlace(trail, among: existing)
        try await services.store(trail, replacing: false, Self.name, own)
        return WrittenTrail(trail)
    }
}

struct UpdateTrail: Operation {
    static let route = trailRoute

    struct Input: Decodable {
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
    }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> WrittenTrail {
        var (trail, caller) = try await services.trail(input.name, for: Self.name, context)
        try services.requireForeign(trail)
        try TrailInput.checkOffered(
            [input.snsTopicName, input.cloudWatchLogsLogGroupArn, input.cloudWatchLogsRoleArn, input.kmsKeyId],
            isOrganizationTrail: input.isOrganizationTrail)
        let before = trail.layout
        if let bucket = input.s3BucketName { trail.bucket = try TrailInput.bucket(bucket) }
        if let prefix = input.s3KeyPrefix { trail.prefix = try TrailInput.prefix(prefix) }
        trail.switches.set(input.includeGlobalServiceEvents, input.isMultiRegionTrail, input.enableLogFileValidation)
        if trail.layout != before {
            try await services.requirePlace(trail, among: try await services.book.trails(of: caller.account))
        }
        try await services.store(trail, replacing: true, Self.name, caller)
        return WrittenTrail(trail)
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

struct DescribeTrails: Operation {
    static let route = trailRoute

    struct Input: Decodable { var trailNameList: [String]? }
    struct Output: Encodable {
        let trailList: [WireTrail]

        // One of the few members that AWS begins with a small letter; the codec would make it a capital.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(WireMap([(key: "trailList", value: trailList)]))
        }
    }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, context)
        let all = try await services.book.trails(of: caller.account)
        let asked = input.trailNameList ?? []
        return Output(
            trailList: all.filter { asked.isEmpty || asked.contains($0.name) || asked.contains($0.arn) }
                .map(WireTrail.init))
    }
}

struct GetTrail: Operation {
    static let route = trailRoute

    struct Input: Decodable { var name: String? }
    struct Output: Encodable { let trail: WireTrail }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        Output(trail: WireTrail(try await services.trail(input.name, for: Self.name, context).trail))
    }
}

struct ListTrails: Operation {
    static let route = trailRoute

    struct Output: Encodable {
        struct Entry: Encodable {
            let trailARN: String
            let name: String
            let homeRegion: String
        }
        let trails: [Entry]
    }

    let services: TrailServices

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, context)
        return Output(
            trails: try await services.book.trails(of: caller.account).map {
                .init(trailARN: $0.arn, name: $0.name, homeRegion: $0.region)
            })
    }
}

extension TrailDefinition.Switches {
    fileprivate mutating func set(_ global: Bool?, _ multiRegion: Bool?, _ validated: Bool?) {
        includesGlobalServices = global ?? includesGlobalServices
        isMultiRegion = multiRegion ?? isMultiRegion
        isValidated = validated ?? isValidated
    }
}
