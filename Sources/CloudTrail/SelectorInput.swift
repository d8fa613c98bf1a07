// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Trail

/// What `PutEventSelectors` may ask for (AWS CloudTrail API reference, `PutEventSelectors`).
///
/// Limits: 5 selectors with 250 data resources of the older form, or 500 values over all conditions of the newer one;
/// values have 2,048 characters at most, and 64 KB together.
enum SelectorInput {
    static let selectors = 5
    static let dataResources = 250
    static let values = 500
    static let longestValue = 2_048
    static let octets = 64 << 10
    /// Those that AWS takes in the older form.
    static let types = ["AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"]

    /// - Returns: nil for an empty list, which asks for what a trail copies without one.
    static func selectors(
        _ classic: [WireEventSelector]?, _ advanced: [WireAdvancedSelector]?
    ) throws -> EventSelectors? {
        guard (classic == nil) != (advanced == nil) else {
            throw invalid("Give either event selectors or advanced event selectors.")
        }
        if let classic { return classic.isEmpty ? nil : .classic(try self.classic(classic)) }
        return try advanced.flatMap { $0.isEmpty ? nil : .advanced(try self.advanced($0)) }
    }

    private static func classic(_ given: [WireEventSelector]) throws -> [EventSelector] {
        guard given.count <= selectors else { throw invalid("A trail has \(selectors) event selectors at most.") }
        let read = try given.map { selector in
            var read = EventSelector()
            if let type = selector.readWriteType {
                guard let type = EventSelector.ReadWriteType(rawValue: type) else {
                    throw invalid("ReadWriteType is All, ReadOnly or WriteOnly.")
                }
                read.readWriteType = type
            }
            read.includesManagementEvents = selector.includeManagementEvents ?? true
            read.excludedSources = selector.excludeManagementEventSources ?? []
            read.dataResources = try (selector.dataResources ?? []).map { resource in
                guard let type = resource.type, types.contains(type) else {
                    throw invalid("The type of a data resource is \(types.joined(separator: ", ")).")
                }
                return .init(type: type, values: resource.values ?? [])
            }
            return read
        }
        let values = read.flatMap { $0.dataResources.flatMap(\.values) }
        guard values.count <= dataResources else {
            throw invalid("A trail has \(dataResources) data resources at most.")
        }
        try check(values + read.flatMap(\.excludedSources))
        return read
    }

    private static func advanced(_ given: [WireAdvancedSelector]) throws -> [AdvancedEventSelector] {
        let read = try given.map { selector in
            let fields = try selector.fieldSelectors.map(field)
            try checkCategory(fields)
            return AdvancedEventSelector(name: selector.name, fields: fields)
        }
        let all = read.flatMap { $0.fields.flatMap { $0.conditions.flatMap(\.values) } }
        guard all.count <= values else { throw invalid("The selectors of a trail have \(values) values at most.") }
        try check(all + read.compactMap(\.name))
        return read
    }

    private static func field(_ given: WireAdvancedSelector.Field) throws -> FieldSelector {
        guard let field = FieldSelector.Field(rawValue: given.field) else {
            throw invalid("Records have no field '\(given.field.prefix(64))' to select by.")
        }
        let conditions = FieldSelector.Comparison.allCases.compactMap { comparison in
            given[keyPath: WireAdvancedSelector.Field.member(comparison)].map {
                FieldSelector.Condition(comparison, $0)
            }
        }
        guard !conditions.isEmpty, conditions.allSatisfy({ !$0.values.isEmpty }) else {
            throw invalid("The selector of \(field.rawValue) has no values.")
        }
        guard !field.takesEqualsOnly || conditions.allSatisfy({ $0.comparison == .equals }) else {
            throw invalid("\(field.rawValue) is selected by Equals only.")
        }
        return FieldSelector(field: field, conditions: conditions)
    }

    private static func checkCategory(_ fields: [FieldSelector]) throws {
        guard Set(fields.map(\.field)).count == fields.count else { throw invalid("A field is selected by twice.") }
        func values(_ field: FieldSelector.Field) -> [String]? {
            fields.first { $0.field == field }?.conditions.first?.values
        }
        switch values(.eventCategory) {
        case ["Management"]?: return
        case ["Data"]?:
            guard values(.resourceType)?.count == 1 else {
                throw invalid("A selector of data events says one resources.type.")
            }
        default: throw invalid("Each selector says one eventCategory: Management or Data.")
        }
        let flags = values(.readOnly) ?? []
        guard flags.allSatisfy({ ["true", "false"].contains($0) }) else {
            throw invalid("The value of readOnly is true or false.")
        }
    }

    private static func check(_ texts: [String]) throws {
        guard texts.allSatisfy({ $0.unicodeScalars.count <= longestValue }),
            texts.reduce(0, { $0 + $1.utf8.count }) <= octets
        else { throw invalid("The values of the selectors are too long.") }
    }

    private static func invalid(_ why: String) -> ServiceError { ServiceError("InvalidEventSelectorsException", why) }
}
