// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSON

/// The ways in and out of Smithy's RPC v2 CBOR: a body as the JSON that says the same, an output as CBOR.
///
/// Numbers keep every digit, a timestamp (tag 1) is a number of seconds since 1970, a blob is Base64, and a float that is
/// none is the word Smithy has for it in JSON: `NaN`, `Infinity`, `-Infinity`.
enum CBORCodec {
    /// Epoch-based date and time (RFC 8949 §3.4.2).
    static let timestamp: UInt64 = 1

    /// - Throws: `InputFault.malformed`, for a tag other than a timestamp's too.
    static func json(_ body: [UInt8]) throws -> [UInt8] {
        guard !body.isEmpty else { return [] }
        let value: CBORValue
        do {
            value = try CBORValue(reading: body)
        } catch {
            throw InputFault.malformed("The request body is not valid CBOR: \(error.reason) at \(error.offset).")
        }
        guard case .map = value else { throw InputFault.malformed("The request body must be a CBOR map.") }
        return try json(value).octets
    }

    private static func json(_ value: CBORValue) throws -> JSONValue {
        switch value {
        case .unsigned, .negative, .double: number(value).map { .number($0) } ?? word(value)
        case .bytes(let bytes): .string(Data(bytes).base64EncodedString())
        case .text(let text): .string(text)
        case .array(let elements): .array(try elements.map { try json($0) })
        case .map(let members):
            .object(try members.map { JSONValue.Member(name: $0.name, value: try json($0.value)) })
        case .tagged(timestamp, let moment):
            if let seconds = number(moment) { .number(seconds) } else { throw notNeeded(timestamp) }
        case .tagged(let tag, _): throw notNeeded(tag)
        case .boolean(let flag): .boolean(flag)
        case .null: .null
        }
    }

    private static func notNeeded(_ tag: UInt64) -> InputFault {
        .malformed("The request body has a value with tag \(tag) that is no timestamp.")
    }

    private static func number(_ value: CBORValue) -> String? {
        switch value {
        case .unsigned(let number): return "\(number)"
        case .negative(let number):
            let (size, isTooLarge) = number.addingReportingOverflow(1)
            return isTooLarge ? "-18446744073709551616" : "-\(size)"
        case .double(let number) where number.isFinite: return "\(number)"
        default: return nil
        }
    }

    private static func word(_ value: CBORValue) -> JSONValue {
        guard case .double(let number) = value, !number.isNaN else { return .string("NaN") }
        return .string(number < 0 ? "-Infinity" : "Infinity")
    }

    static func encode(_ output: some Encodable, keepsNames: Bool = false) throws -> [UInt8] {
        try CBOREncoder.value(of: output, keepsNames: keepsNames).octets
    }

    /// - Parameter shape: the error's absolute shape ID.
    static func error(_ error: ServiceError, shape: String) -> [UInt8] {
        var members = [CBORValue.Member("__type", .text(shape))]
        if let message = error.message { members.append(.init("message", .text(message))) }
        return CBORValue.map(members).octets
    }
}
