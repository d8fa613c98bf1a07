// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Trail

/// What a trail copies.
struct GetEventSelectors: Operation {
    static let route = trailRoute

    struct Input: Decodable { var trailName: String? }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> WireSelectors {
        let (trail, _) = try await services.trail(input.trailName, for: Self.name, context)
        return WireSelectors(of: trail)
    }
}

/// Decides what a trail copies from now on. The newer form replaces the older one, and the other way round.
struct PutEventSelectors: Operation {
    static let route = trailRoute

    struct Input: Decodable {
        var trailName: String?
        var eventSelectors: [WireEventSelector]?
        var advancedEventSelectors: [WireAdvancedSelector]?
    }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> WireSelectors {
        let (trail, caller) = try await services.trail(input.trailName, for: Self.name, context)
        try services.requireForeign(trail)
        let selectors = try SelectorInput.selectors(input.eventSelectors, input.advancedEventSelectors)
        return WireSelectors(
            of: try await services.change(trail, recording: services.fact(Self.name, trail, caller)) {
                $0.selectors = selectors
            })
    }
}

/// Insights are not made here, and no trail has any.
struct GetInsightSelectors: Operation {
    static let route = trailRoute

    struct Input: Decodable { var trailName: String? }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (trail, _) = try await services.trail(input.trailName, for: Self.name, context)
        throw ServiceError("InsightNotEnabledException", "Insights is not enabled on trail \(trail.arn).")
    }
}

/// What `GetEventSelectors` and `PutEventSelectors` answer: one of the two lists.
struct WireSelectors: Encodable {
    let trailARN: String
    var eventSelectors: [WireEventSelector]?
    var advancedEventSelectors: [WireAdvancedSelector]?

    init(of trail: TrailDefinition) {
        trailARN = trail.arn
        switch trail.isLocal ? .everything : trail.selectors ?? .standard {
        case .classic(let selectors): eventSelectors = selectors.map(WireEventSelector.init)
        case .advanced(let selectors): advancedEventSelectors = selectors.map(WireAdvancedSelector.init)
        }
    }
}

struct WireEventSelector: Codable {
    struct DataResource: Codable {
        var type: String?
        var values: [String]?
    }

    var readWriteType: String?
    var includeManagementEvents: Bool?
    var dataResources: [DataResource]?
    var excludeManagementEventSources: [String]?

    init(_ selector: EventSelector) {
        readWriteType = selector.readWriteType.rawValue
        includeManagementEvents = selector.includesManagementEvents
        dataResources = selector.dataResources.map { DataResource(type: $0.type, values: $0.values) }
        excludeManagementEventSources = selector.excludedSources
    }
}

struct WireAdvancedSelector: Codable {
    struct Field: Codable {
        let field: String
        var equals: [String]?
        var startsWith: [String]?
        var endsWith: [String]?
        var notEquals: [String]?
        var notStartsWith: [String]?
        var notEndsWith: [String]?

        init(_ selector: FieldSelector) {
            field = selector.field.rawValue
            for condition in selector.conditions { self[keyPath: Self.member(condition.comparison)] = condition.values }
        }

        static func member(_ comparison: FieldSelector.Comparison) -> WritableKeyPath<Self, [String]?> {
            switch comparison {
            case .equals: \.equals
            case .startsWith: \.startsWith
            case .endsWith: \.endsWith
            case .notEquals: \.notEquals
            case .notStartsWith: \.notStartsWith
            case .notEndsWith: \.notEndsWith
            }
        }
    }

    var name: String?
    let fieldSelectors: [Field]

    init(_ selector: AdvancedEventSelector) {
        name = selector.name
        fieldSelectors = selector.fields.map(Field.init)
    }
}
