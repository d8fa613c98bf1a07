// SPDX-License-Identifier: Apache-2.0

import JSON

/// An input that is asked for so often that it reads itself, without a decoder.
///
/// Nothing is decided here. For whatever it does not expect, a member it does not know or that stands twice, a null,
/// another type, it gives nil, and the decoder reads the same input by its rules and with its errors.
package protocol UsualInput: Decodable {
    init?(usual object: WireObject)
}

/// The members of a JSON object in their order, by their names on the wire. Values of another type than asked are nil.
package struct WireObject: Sendable {
    private let members: [JSONValue.Member]

    init?(_ value: JSONValue) {
        guard case .object(let members) = value else { return nil }
        self.members = members
    }

    package var indices: Range<Int> { members.indices }

    package func name(_ index: Int) -> String { members[index].name }

    package func text(_ index: Int) -> String? {
        guard case .string(let text) = members[index].value else { return nil }
        return text
    }

    package func object(_ index: Int) -> WireObject? { WireObject(members[index].value) }

    package func texts(_ index: Int) -> [String]? {
        guard case .array(let elements) = members[index].value else { return nil }
        var texts: [String] = []
        texts.reserveCapacity(elements.count)
        for element in elements {
            guard case .string(let text) = element else { return nil }
            texts.append(text)
        }
        return texts
    }

    package func objects(_ index: Int) -> [WireObject]? {
        guard case .array(let elements) = members[index].value else { return nil }
        var objects: [WireObject] = []
        objects.reserveCapacity(elements.count)
        for element in elements {
            guard let object = WireObject(element) else { return nil }
            objects.append(object)
        }
        return objects
    }
}

/// An output of texts that is given so often that it needs no encoder.
package protocol PlainOutput: Encodable {
    /// By their names on the wire.
    var members: [(name: String, text: String)] { get }
}
