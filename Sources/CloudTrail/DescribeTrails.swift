// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
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
    let trailARN: String
    let logFileValidationEnabled: Bool
    let isOrganizationTrail = false
    // What `CreateTrail` and `UpdateTrail` do not answer.
    var homeRegion: String?
    var hasCustomEventSelectors: Bool?
    var hasInsightSelectors: Bool?

    /// - Parameter isWhole: false for what answers a change.
    init(_ trail: TrailDefinition, isWhole: Bool = true) {
        name = trail.name
        s3BucketName = trail.bucket
        includeGlobalServiceEvents = trail.switches.includesGlobalServices
        isMultiRegionTrail = trail.switches.isMultiRegion
        logFileValidationEnabled = trail.switches.isValidated
        s3KeyPrefix = trail.prefix.isEmpty ? nil : trail.prefix
        trailARN = trail.arn
        guard isWhole else { return }
        homeRegion = trail.region
        hasCustomEventSelectors = trail.isLocal || trail.selectors != nil
        hasInsightSelectors = false
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
                .map { WireTrail($0) })
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
