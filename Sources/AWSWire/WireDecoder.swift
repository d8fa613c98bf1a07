// SPDX-License-Identifier: Apache-2.0

import JSON

/// Reads a value of Swift's out of JSON with AWS's member names: `EmailIdentity` on the wire is `emailIdentity` in Swift.
///
/// Of two members with one name the first counts. Errors are `DecodingError`s, as of every decoder.
struct WireDecoder: Decoder {
    let value: JSONValue
    let codingPath: [any CodingKey]
    /// The keys of maps are nobody's member names and stay as they are.
    private let isMap: Bool

    init(_ value: JSONValue, codingPath: [any CodingKey] = [], isMap: Bool = false) {
        self.value = value
        self.codingPath = codingPath
        self.isMap = isMap
    }

    var userInfo: [CodingUserInfoKey: Any] { [:] }
    var context: DecodingError.Context { .init(codingPath: codingPath, debugDescription: "") }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(WireMembers(members, of: self, isMap: isMap))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch([Any].self) }
        return WireElements(elements, of: self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func inside(_ value: JSONValue, _ key: any CodingKey) -> WireDecoder {
        var path = codingPath
        path.append(key)
        return WireDecoder(value, codingPath: path)
    }

    private func mismatch(_ wanted: any Any.Type) -> DecodingError {
        value == .null ? .valueNotFound(wanted, context) : .typeMismatch(wanted, context)
    }
}

extension WireDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { if case .null = value { true } else { false } }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard type is any StringKeyed.Type else { return try Value(from: self) }
        return try Value(from: WireDecoder(value, codingPath: codingPath, isMap: true))
    }

    func decode(_ type: String.Type) throws -> String {
        guard case .string(let text) = value else { throw mismatch(type) }
        return text
    }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .boolean(let flag) = value else { throw mismatch(type) }
        return flag
    }

    func decode(_ type: Double.Type) throws -> Double { try number(type) }
    func decode(_ type: Float.Type) throws -> Float { try number(type) }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

    private func number<Number: BinaryFloatingPoint & LosslessStringConvertible>(_ type: Number.Type) throws -> Number {
        guard case .number(let text) = value else { throw mismatch(type) }
        guard let number = Number(text), number.isFinite else { throw DecodingError.dataCorrupted(context) }
        return number
    }

    // 7.0 and 7e2 are integers too.
    private func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        guard case .number(let text) = value else { throw mismatch(type) }
        guard let number = try Number(text) ?? Number(exactly: number(Double.self)) else {
            throw DecodingError.dataCorrupted(context)
        }
        return number
    }
}

/// Dictionaries, whose keys come from whoever wrote them.
private protocol StringKeyed {}
extension Dictionary: StringKeyed where Key == String, Value: Decodable {}
