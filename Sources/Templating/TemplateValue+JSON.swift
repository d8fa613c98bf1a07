// SPDX-License-Identifier: Apache-2.0

import JSON

extension TemplateValue {
    /// Octets of one data document.
    package static let maximumLength = 262_144
    static let maximumDepth = 64

    /// Template data: a JSON object (RFC 8259). An empty text is an empty one.
    ///
    /// Numbers keep their text: it is what belongs in a message. Of two members of one name the last counts.
    package init(data text: String) throws(TemplateDataFault) {
        guard text.utf8.count <= Self.maximumLength else {
            throw TemplateDataFault(description: "Template data is longer than \(Self.maximumLength) bytes.")
        }
        guard !text.isEmpty else {
            self = .object(TemplateObject())
            return
        }
        do {
            self.init(try JSONValue(parsing: text, maximumDepth: Self.maximumDepth, allowsRepeatedNames: true))
        } catch {
            throw TemplateDataFault(
                description: "Template data is not valid JSON: \(error.reason), at octet \(error.offset).")
        }
        guard case .object = self else { throw TemplateDataFault(description: "Template data is not a JSON object.") }
    }

    private init(_ json: JSONValue) {
        switch json {
        case .object(let members):
            var object = TemplateObject()
            for member in members { object[member.name] = TemplateValue(member.value) }
            self = .object(object)
        case .array(let elements): self = .list(elements.map { TemplateValue($0) })
        case .string(let text): self = .text(text)
        case .number(let literal): self = .number(literal)
        case .boolean(let flag): self = .flag(flag)
        case .null: self = .null
        }
    }
}

/// Why template data cannot be read.
package struct TemplateDataFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}
