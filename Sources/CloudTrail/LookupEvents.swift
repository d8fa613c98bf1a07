// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Mail
import Trail

/// The management events of the caller's account, newest first: of the last ninety days, by one attribute at most.
struct LookupEvents: Operation {
    static let route = trailRoute
    static let largestPage = 50
    /// Seconds that can be looked back.
    static let reach = 90.0 * 86_400

    struct Input: Decodable {
        var lookupAttributes: [LookupAttribute]?
        /// Epoch seconds; both included.
        var startTime: Double?
        var endTime: Double?
        var eventCategory: String?
        var maxResults: Int?
        var nextToken: String?
    }
    struct Output: Encodable {
        let events: [WireEvent]
        let nextToken: String?
    }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try services.caller(Self.name, context)
        let now = services.book.now()
        let size = input.maxResults ?? Self.largestPage
        guard (1...Self.largestPage).contains(size) else {
            throw ServiceError(
                "InvalidMaxResultsException", "A valid value for MaxResults is between 1 and \(Self.largestPage).")
        }
        guard [nil, "insight"].contains(input.eventCategory) else {
            throw ServiceError("InvalidEventCategoryException", "The only event category to ask for is insight.")
        }
        var query = TrailQuery(
            account: caller.account, attribute: try LookupAttribute.only(input.lookupAttributes ?? []),
            from: now + -Self.reach, to: now, limit: size + 1)
        if let start = try Self.moment(input.startTime) { query.from = max(query.from, start) }
        if let end = try Self.moment(input.endTime) { query.to = min(query.to, end) }
        guard input.startTime ?? -.infinity <= input.endTime ?? .infinity else { throw Self.badTimes }
        let token = LookupToken(input, of: caller.account, sealer: services.access.sealer)
        query.before = try input.nextToken.map(token.open)
        try services.rate.take(caller.account, at: now)
        // Insights are made of nothing here: there is none to find.
        guard input.eventCategory == nil, query.from <= query.to else { return Output(events: [], nextToken: nil) }
        let found = try await services.store.lookup(query)
        let page = found.prefix(size)
        let next = found.count > size ? page.last?.sequence : nil
        return Output(events: page.map { WireEvent($0.record) }, nextToken: try next.map(token.seal))
    }

    private static let badTimes = ServiceError(
        "InvalidTimeRangeException", "Time range is not valid: the start is after the end, or no time at all.")

    private static func moment(_ seconds: Double?) throws -> Timestamp? {
        guard let seconds else { return nil }
        guard seconds.isFinite, abs(seconds) < 1e11 else { throw badTimes }
        return Timestamp(milliseconds: Int64((seconds * 1_000).rounded()))
    }
}

/// What events are looked up by.
struct LookupAttribute: Decodable {
    static let longestValue = 2_000

    let attributeKey: String
    let attributeValue: String

    static func only(_ attributes: [LookupAttribute]) throws -> TrailQuery.Attribute? {
        guard attributes.count <= 1 else {
            throw invalid("You can filter on only one lookup attribute.")
        }
        return try attributes.first?.attribute
    }

    private var attribute: TrailQuery.Attribute {
        get throws {
            guard (1...Self.longestValue).contains(attributeValue.unicodeScalars.count) else {
                throw Self.invalid("A lookup attribute's value has 1 to \(Self.longestValue) characters.")
            }
            switch attributeKey {
            case "EventId": return .eventID(attributeValue)
            case "EventName": return .eventName(attributeValue)
            case "Username": return .userName(attributeValue)
            case "ResourceType": return .resourceType(attributeValue)
            case "ResourceName": return .resourceName(attributeValue)
            case "EventSource": return .eventSource(attributeValue)
            case "AccessKeyId": return .accessKeyID(attributeValue)
            case "ReadOnly":
                guard let flag = Bool(attributeValue.lowercased()) else {
                    throw Self.invalid("The value of ReadOnly is true or false.")
                }
                return .readOnly(flag)
            default: throw Self.invalid("There is no lookup attribute '\(attributeKey.prefix(64))'.")
            }
        }
    }

    private static func invalid(_ why: String) -> ServiceError {
        ServiceError("InvalidLookupAttributesException", why)
    }
}

/// An event as `LookupEvents` shows it.
struct WireEvent: Encodable {
    struct Resource: Encodable {
        let resourceType: String
        let resourceName: String
    }

    let eventId: String
    let eventName: String
    /// A text, not a truth value.
    let readOnly: String
    let accessKeyId: String?
    let eventTime: Moment
    let eventSource: String
    let username: String?
    let resources: [Resource]
    /// The whole record as JSON.
    let cloudTrailEvent: String

    init(_ record: TrailRecord) {
        eventId = record.id
        eventName = record.name
        readOnly = "\(record.isReadOnly)"
        accessKeyId = record.accessKeyID
        eventTime = Moment(milliseconds: record.at.milliseconds)
        eventSource = record.source
        username = record.userName
        resources = record.resources.map { Resource(resourceType: $0.type, resourceName: $0.name) }
        cloudTrailEvent = record.json
    }
}
