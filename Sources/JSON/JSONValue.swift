// SPDX-License-Identifier: Apache-2.0

/// A JSON document as it was written (RFC 8259), read strictly.
///
/// A reader of its own because general decoders turn numbers into binary ones and let a name stand twice: here the text
/// of a number is kept, members keep their order, and the caller says whether a second member of one name is a fault.
package enum JSONValue: Hashable, Sendable {
    case object([Member])
    case array([JSONValue])
    case string(String)
    /// As written: `1e3`, twenty digits.
    case number(String)
    case boolean(Bool)
    case null

    package struct Member: Hashable, Sendable {
        package let name: String
        package let value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// - Parameters:
    ///   - maximumDepth: objects and arrays in one another.
    ///   - allowsRepeatedNames: both members are kept, in their order; otherwise a second one is a fault.
    package init(
        parsing text: String, maximumDepth: Int, allowsRepeatedNames: Bool = false
    ) throws(JSONSyntaxError) {
        var reader = JSONReader(
            Array(text.utf8), maximumDepth: maximumDepth, allowsRepeatedNames: allowsRepeatedNames)
        self = try reader.document()
    }

    /// The same for octets, which must be UTF-8.
    package init(
        parsing octets: [UInt8], maximumDepth: Int, allowsRepeatedNames: Bool = false
    ) throws(JSONSyntaxError) {
        guard String(validating: octets, as: UTF8.self) != nil else {
            throw JSONSyntaxError(reason: "the document is not UTF-8", offset: 0, line: 1, column: 1)
        }
        var reader = JSONReader(octets, maximumDepth: maximumDepth, allowsRepeatedNames: allowsRepeatedNames)
        self = try reader.document()
    }

    /// The first member of this name.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}

/// Where a text stops being JSON, and why.
package struct JSONSyntaxError: Error, Hashable, Sendable {
    package let reason: String
    /// Octets before the place.
    package let offset: Int
    /// From 1; columns count octets.
    package let line: Int
    package let column: Int
}
