// SPDX-License-Identifier: Apache-2.0

import JSON

/// The members of an object, by their names in Swift.
struct WireMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    /// Objects of more members get an index: whoever reads them all must not begin anew for each.
    private static var few: Int { 16 }

    private let members: [JSONValue.Member]
    private let names: [String]
    private let decoder: WireDecoder
    private let index: [String: Int]

    init(_ members: [JSONValue.Member], of decoder: WireDecoder, isMap: Bool) {
        self.members = members
        self.decoder = decoder
        names = isMap ? members.map(\.name) : members.map(\.name.lowercasingFirst)
        index =
            members.count > Self.few
            ? Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first }) : [:]
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { names.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { place(of: key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try member(key).decodeNil() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try member(key).decode(type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try member(key).decode(type)
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try present(key)?.decode(type)
    }
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try present(key)?.decode(type)
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Inner> { try member(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try member(key).unkeyedContainer()
    }
    func superDecoder() -> any Decoder { decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }

    private func member(_ key: Key) throws -> WireDecoder {
        guard let place = place(of: key) else { throw DecodingError.keyNotFound(key, decoder.context) }
        return decoder.inside(members[place].value, key)
    }

    private func present(_ key: Key) -> WireDecoder? {
        guard let place = place(of: key) else { return nil }
        if case .null = members[place].value { return nil }
        return decoder.inside(members[place].value, key)
    }

    private func place(of key: Key) -> Int? {
        let wanted = key.stringValue
        return index.isEmpty ? names.firstIndex(of: wanted) : index[wanted]
    }
}

/// The elements of a list.
struct WireElements: UnkeyedDecodingContainer {
    private struct Place: CodingKey {
        let index: Int
        var stringValue: String { "\(index)" }
        var intValue: Int? { index }
        init(_ index: Int) { self.index = index }
        init?(intValue: Int) { index = intValue }
        init?(stringValue: String) { nil }
    }

    private let elements: [JSONValue]
    private let decoder: WireDecoder
    private(set) var currentIndex = 0

    init(_ elements: [JSONValue], of decoder: WireDecoder) {
        self.elements = elements
        self.decoder = decoder
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        let isNull = try next().decodeNil()
        if isNull { currentIndex += 1 }
        return isNull
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try taking { try $0.decode(type) }
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try taking { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try taking { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try taking { $0 } }

    private mutating func taking<Result>(_ read: (WireDecoder) throws -> Result) throws -> Result {
        let result = try read(next())
        currentIndex += 1
        return result
    }

    private func next() throws -> WireDecoder {
        guard !isAtEnd else { throw DecodingError.valueNotFound(Any.self, decoder.context) }
        return decoder.inside(elements[currentIndex], Place(currentIndex))
    }
}
