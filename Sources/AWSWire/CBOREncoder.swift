// SPDX-License-Identifier: Apache-2.0

/// Makes CBOR of a value of Swift's, with AWS's member names: `emailIdentity` in Swift is `EmailIdentity` on the wire.
///
/// Integers stay integers, floats floats, a `Moment` is a timestamp and a `Blob` a byte string.
struct CBOREncoder: Encoder {
    /// A place that is filled in while values encode themselves.
    fileprivate final class Place {
        enum Content {
            case value(CBORValue)
            case elements([Place])
            case members([(name: String, place: Place)])
        }
        // What never encodes anything is a structure without members.
        var content = Content.members([])

        func element() -> Place {
            let place = Place()
            guard case .elements(var places) = content else {
                content = .elements([place])
                return place
            }
            content = .elements([])
            places.append(place)
            content = .elements(places)
            return place
        }

        func member(_ name: String) -> Place {
            let place = Place()
            guard case .members(var places) = content else {
                content = .members([(name, place)])
                return place
            }
            content = .members([])
            places.append((name, place))
            content = .members(places)
            return place
        }

        var value: CBORValue {
            switch content {
            case .value(let value): value
            case .elements(let places): .array(places.map(\.value))
            case .members(let places): .map(places.map { CBORValue.Member($0.name, $0.place.value) })
            }
        }
    }

    fileprivate let place: Place
    /// All names stay as they are in Swift.
    fileprivate let keepsNames: Bool
    /// The keys of maps are nobody's member names and stay as they are.
    fileprivate let isMap: Bool
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    static func value(of output: some Encodable, keepsNames: Bool) throws -> CBORValue {
        let encoder = CBOREncoder(place: Place(), keepsNames: keepsNames, isMap: false)
        try encoder.encode(output)
        return encoder.place.value
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(CBORMembers<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .elements = place.content {} else { place.content = .elements([]) }
        return CBORElements(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    fileprivate func at(_ place: Place) -> CBOREncoder {
        CBOREncoder(place: place, keepsNames: keepsNames, isMap: false)
    }
}

extension CBOREncoder: SingleValueEncodingContainer {
    func encodeNil() { place.content = .value(.null) }
    func encode(_ value: Bool) { place.content = .value(.boolean(value)) }
    func encode(_ value: String) { place.content = .value(.text(value)) }
    func encode(_ value: Double) { place.content = .value(.double(value)) }
    func encode(_ value: Float) { place.content = .value(.double(Double(value))) }
    func encode(_ value: Int) { integer(value) }
    func encode(_ value: Int8) { integer(value) }
    func encode(_ value: Int16) { integer(value) }
    func encode(_ value: Int32) { integer(value) }
    func encode(_ value: Int64) { integer(value) }
    func encode(_ value: UInt) { integer(value) }
    func encode(_ value: UInt8) { integer(value) }
    func encode(_ value: UInt16) { integer(value) }
    func encode(_ value: UInt32) { integer(value) }
    func encode(_ value: UInt64) { integer(value) }

    func encode<Value: Encodable>(_ value: Value) throws {
        switch value {
        case let moment as Moment:
            let (seconds, thousandths) = moment.milliseconds.quotientAndRemainder(dividingBy: 1000)
            let number = thousandths == 0 ? Self.number(seconds) : .double(moment.seconds)
            place.content = .value(.tagged(CBORCodec.timestamp, number))
        case let blob as Blob: place.content = .value(.bytes(blob.bytes))
        default:
            try value.encode(
                to: CBOREncoder(place: place, keepsNames: keepsNames, isMap: value is any StringKeyedOutput))
        }
    }

    private func integer(_ value: some FixedWidthInteger) { place.content = .value(Self.number(value)) }

    private static func number(_ value: some FixedWidthInteger) -> CBORValue {
        value < 0 ? .negative(UInt64(truncatingIfNeeded: ~value)) : .unsigned(UInt64(truncatingIfNeeded: value))
    }
}

private struct CBORMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: CBOREncoder
    var codingPath: [any CodingKey] { [] }

    private func place(_ key: Key) -> CBOREncoder {
        let isAsWritten = encoder.keepsNames || encoder.isMap
        let name = isAsWritten ? key.stringValue : key.stringValue.uppercasingFirst
        return encoder.at(encoder.place.member(name))
    }

    func encodeNil(forKey key: Key) { place(key).encodeNil() }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try place(key).encode(value) }
    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Inner> { place(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { place(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder }
    func superEncoder(forKey key: Key) -> any Encoder { place(key) }
}

private struct CBORElements: UnkeyedEncodingContainer {
    let encoder: CBOREncoder
    var codingPath: [any CodingKey] { [] }
    var count: Int { if case .elements(let places) = encoder.place.content { places.count } else { 0 } }

    private func next() -> CBOREncoder { encoder.at(encoder.place.element()) }

    func encodeNil() { next().encodeNil() }
    func encode<Value: Encodable>(_ value: Value) throws { try next().encode(value) }
    func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        next().container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
    func superEncoder() -> any Encoder { next() }
}

/// Dictionaries, whose keys come from whoever wrote them.
private protocol StringKeyedOutput {}
extension Dictionary: StringKeyedOutput where Key == String, Value: Encodable {}
