// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Notify

/// A map in a form: `Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=Alarms`.
struct FormMap<Entry: Decodable & Sendable>: Decodable, Sendable {
    /// In the order of their numbers.
    let entries: [Entry]

    private enum Keys: String, CodingKey { case entry }

    init(from decoder: any Decoder) throws {
        // An empty map is an empty value.
        if let text = try? decoder.singleValueContainer().decode(String.self), text.isEmpty {
            entries = []
            return
        }
        let numbered = try decoder.container(keyedBy: Keys.self).decode([String: Entry].self, forKey: .entry)
        entries = numbered.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.map(\.value)
    }
}

/// An attribute of a topic or a subscription.
struct AttributeEntry: Decodable {
    var key: String
    var value: String?
}

extension FormMap<AttributeEntry>? {
    /// - Throws: `InvalidParameter` for a name that stands twice.
    var attributes: [String: String] {
        get throws {
            var attributes: [String: String] = [:]
            for entry in self?.entries ?? [] {
                guard attributes.updateValue(entry.value ?? "", forKey: entry.key) == nil else {
                    throw ServiceError(invalid: "Attributes Reason: \(entry.key.prefix(100)) stands twice")
                }
            }
            return attributes
        }
    }
}

/// An attribute of a message.
struct MessageAttributeEntry: Decodable {
    struct Value: Decodable {
        var dataType: String
        var stringValue: String?
        var binaryValue: Blob?
    }

    var name: String
    var value: Value
}

extension FormMap<MessageAttributeEntry>? {
    /// - Throws: `InvalidParameter`.
    var attributes: [String: MessageAttribute] {
        get throws {
            var attributes: [String: MessageAttribute] = [:]
            for entry in self?.entries ?? [] {
                guard attributes[entry.name] == nil else {
                    throw ServiceError(invalid: "MessageAttributes Reason: \(entry.name.prefix(100)) stands twice")
                }
                attributes[entry.name] = try attribute(entry.value)
            }
            return attributes
        }
    }

    private func attribute(_ value: MessageAttributeEntry.Value) throws -> MessageAttribute {
        let isBinary = value.dataType == "Binary" || value.dataType.hasPrefix("Binary.")
        let text = isBinary ? value.binaryValue.map { Base64.text($0.bytes) } : value.stringValue
        do {
            return try MessageAttribute(type: value.dataType, value: text ?? "")
        } catch {
            throw ServiceError(error)
        }
    }
}
