// SPDX-License-Identifier: Apache-2.0

import JSON

/// Which records a trail copies (CloudTrail user guide, "Logging management events" and "Logging data events"): those
/// that any of the selectors takes.
package enum EventSelectors: Hashable, Sendable, Codable {
    case classic([EventSelector])
    case advanced([AdvancedEventSelector])

    /// What a trail copies about which nothing was said: management events, reads and writes.
    package static let standard = EventSelectors.classic([EventSelector()])
    /// The server's own trail copies whatever there is.
    package static let everything = EventSelectors.advanced(
        ["Management", "Data"].map { category in
            AdvancedEventSelector(
                name: "\(category) events",
                fields: [.init(field: .eventCategory, conditions: [.init(.equals, [category])])])
        })

    func take(_ record: TrailRecord) -> Bool {
        switch self {
        case .classic(let selectors): selectors.contains { $0.takes(record) }
        case .advanced(let selectors): selectors.contains { $0.takes(record) }
        }
    }
}

/// A selector in the older form.
package struct EventSelector: Hashable, Sendable, Codable {
    package enum ReadWriteType: String, Hashable, Sendable, Codable {
        case all = "All"
        case readOnly = "ReadOnly"
        case writeOnly = "WriteOnly"
    }

    /// Objects of a type whose ARNs begin with one of these values.
    package struct DataResource: Hashable, Sendable, Codable {
        package let type: String
        package let values: [String]

        package init(type: String, values: [String]) {
            self.type = type
            self.values = values
        }
    }

    package var readWriteType = ReadWriteType.all
    package var includesManagementEvents = true
    package var dataResources: [DataResource] = []
    /// Services whose management events are left out: `kms.amazonaws.com`.
    package var excludedSources: [String] = []

    package init() {}

    func takes(_ record: TrailRecord) -> Bool {
        switch readWriteType {
        case .all: break
        case .readOnly: guard record.isReadOnly else { return false }
        case .writeOnly: guard !record.isReadOnly else { return false }
        }
        switch record.category {
        case .management: return includesManagementEvents && !excludedSources.contains(record.source)
        case .data:
            guard !dataResources.isEmpty else { return false }
            let resources = RecordedResource.all(in: record)
            return dataResources.contains { wanted in
                resources.contains { resource in
                    resource.type == wanted.type && wanted.values.contains { resource.arn.hasPrefix($0) }
                }
            }
        }
    }
}

/// A selector in the newer form: every field must be as it says.
package struct AdvancedEventSelector: Hashable, Sendable, Codable {
    package let name: String?
    package let fields: [FieldSelector]

    package init(name: String?, fields: [FieldSelector]) {
        self.name = name
        self.fields = fields
    }

    func takes(_ record: TrailRecord) -> Bool { fields.allSatisfy { $0.accepts(record) } }
}

/// One field of a record, and what it must be like: all conditions hold.
package struct FieldSelector: Hashable, Sendable, Codable {
    /// The fields that records have.
    package enum Field: String, Hashable, Sendable, Codable {
        case eventCategory, readOnly, eventSource, eventName, eventType
        case principal = "userIdentity.arn"
        case resourceType = "resources.type"
        case resourceARN = "resources.ARN"

        /// AWS takes nothing else for these.
        package var takesEqualsOnly: Bool { [.eventCategory, .readOnly, .resourceType].contains(self) }
    }

    package enum Comparison: Hashable, Sendable, Codable, CaseIterable {
        case equals, startsWith, endsWith, notEquals, notStartsWith, notEndsWith
    }

    /// Holds where one of the values fits; with a `not`, where none does.
    package struct Condition: Hashable, Sendable, Codable {
        package let comparison: Comparison
        package let values: [String]

        package init(_ comparison: Comparison, _ values: [String]) {
            self.comparison = comparison
            self.values = values
        }

        func holds(for texts: [String]) -> Bool {
            switch comparison {
            case .equals: any(texts) { $0 == $1 }
            case .startsWith: any(texts) { $0.hasPrefix($1) }
            case .endsWith: any(texts) { $0.hasSuffix($1) }
            case .notEquals: !any(texts) { $0 == $1 }
            case .notStartsWith: !any(texts) { $0.hasPrefix($1) }
            case .notEndsWith: !any(texts) { $0.hasSuffix($1) }
            }
        }

        private func any(_ texts: [String], _ fits: (String, String) -> Bool) -> Bool {
            texts.contains { text in values.contains { fits(text, $0) } }
        }
    }

    package let field: Field
    package let conditions: [Condition]

    package init(field: Field, conditions: [Condition]) {
        self.field = field
        self.conditions = conditions
    }

    func accepts(_ record: TrailRecord) -> Bool {
        let texts = texts(record)
        return conditions.allSatisfy { $0.holds(for: texts) }
    }

    private func texts(_ record: TrailRecord) -> [String] {
        switch field {
        case .eventCategory: [record.category.rawValue]
        case .readOnly: ["\(record.isReadOnly)"]
        case .eventSource: [record.source]
        case .eventName: [record.name]
        case .eventType: RecordedResource.text(["eventType"], in: record)
        case .principal: RecordedResource.text(["userIdentity", "arn"], in: record)
        case .resourceType: RecordedResource.all(in: record).map(\.type)
        case .resourceARN: RecordedResource.all(in: record).map(\.arn)
        }
    }
}

/// What a record's text says and its columns do not.
private struct RecordedResource {
    let type: String
    let arn: String

    static func all(in record: TrailRecord) -> [RecordedResource] {
        guard case .array(let resources) = value(record)?["resources"] else { return [] }
        return resources.compactMap { resource in
            guard case .string(let type) = resource["type"], case .string(let arn) = resource["ARN"] else { return nil }
            return RecordedResource(type: type, arn: arn)
        }
    }

    static func text(_ path: [String], in record: TrailRecord) -> [String] {
        var found = value(record)
        for name in path { found = found?[name] }
        guard case .string(let text) = found else { return [] }
        return [text]
    }

    private static func value(_ record: TrailRecord) -> JSONValue? {
        try? JSONValue(parsing: record.json, maximumDepth: 64, allowsRepeatedNames: true)
    }
}
