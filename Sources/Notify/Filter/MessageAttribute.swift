// SPDX-License-Identifier: Apache-2.0

import JSON

/// A named value beside a message (SNS developer guide, "Message attributes").
package struct MessageAttribute: Hashable, Sendable, Codable {
    /// `String`, `String.Array`, `Number` or `Binary`, which may have a label of one's own: `Number.float`.
    package let type: String
    /// Of `Binary`: Base64.
    package let value: String

    /// - Throws: `NotifyFailure.invalid`.
    package init(type: String, value: String) throws(NotifyFailure) {
        guard (1...256).contains(type.utf8.count), type.utf8.allSatisfy({ (33...126).contains($0) }),
            Self.kinds.contains(where: { type == $0 || type.hasPrefix($0 + ".") })
        else { throw .invalid("MessageAttributes Reason: the type must be String, String.Array, Number or Binary") }
        guard !value.isEmpty else { throw .invalid("MessageAttributes Reason: a value must not be empty") }
        self.type = type
        self.value = value
        guard !type.hasPrefix("Number") || Double(value)?.isFinite == true else {
            throw .invalid("MessageAttributes Reason: a Number must be one")
        }
    }

    private static let kinds = ["String", "Number", "Binary"]

    /// Letters, digits, `_`, `-` and `.`, which stands neither first nor last nor twice.
    package static func isName(_ name: String) -> Bool {
        (1...256).contains(name.utf8.count) && !name.hasPrefix(".") && !name.hasSuffix(".") && !name.contains("..")
            && name.utf8.allSatisfy { octet in
                (97...122).contains(octet) || (65...90).contains(octet) || (48...57).contains(octet)
                    || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(octet)
            }
    }

    /// What a filter looks at: the elements of an array, one value of everything else, and nothing of octets.
    var values: [FilterPolicy.Scalar] {
        if type.hasPrefix("Number") { return Double(value).map { [.number($0)] } ?? [] }
        if type.hasPrefix("Binary") { return [] }
        guard type == "String.Array", case .array(let elements)? = try? JSONValue(parsing: value, maximumDepth: 2)
        else {
            return [.string(value)]
        }
        return elements.compactMap(FilterPolicy.Scalar.init)
    }
}
