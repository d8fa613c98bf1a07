// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSON

/// JSON with AWS's member names: `EmailIdentity` on the wire is `emailIdentity` in Swift.
enum JSONCodec {
    /// Objects and lists in one another.
    static let maximumDepth = 512

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// - Parameter form: what the caller wrote it as, for errors.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from body: [UInt8], writtenAs form: String = "JSON"
    ) throws -> Value {
        do {
            return try attempt(type, from: body, writtenAs: form)
        } catch let fault as NotAList {
            throw InputFault.malformed("'\(fault.name)' must be a list.")
        }
    }

    private static func attempt<Value: Decodable>(
        _ type: Value.Type, from body: [UInt8], writtenAs form: String = "JSON"
    ) throws -> Value {
        do {
            let value =
                try body.isEmpty
                ? .object([])
                : JSONValue(parsing: body, maximumDepth: maximumDepth, allowsRepeatedNames: true)
            return try usual(type, value) ?? WireDecoder(value).decode(type)
        } catch let error as ServiceError {
            throw error
        } catch DecodingError.keyNotFound(let key, let context) {
            throw InputFault.missing(name(context.codingPath + [key]))
        } catch DecodingError.valueNotFound(_, let context) {
            throw InputFault.missing(name(context.codingPath))
        } catch DecodingError.typeMismatch(let wanted, let context) where wanted is [Any].Type {
            throw NotAList(name: context.codingPath.last.map { wireName($0.stringValue) } ?? "")
        } catch DecodingError.typeMismatch(_, let context) {
            throw InputFault.malformed("Unexpected type for '\(name(context.codingPath))'.")
        } catch {
            throw InputFault.malformed("The request body is not valid \(form).")
        }
    }

    private static func usual<Value>(_ type: Value.Type, _ value: JSONValue) -> Value? {
        guard let usual = type as? any UsualInput.Type, let object = WireObject(value) else { return nil }
        return usual.init(usual: object) as? Value
    }

    /// The same for what came as a form, in which an empty list is an empty value: botocore writes `CcAddresses=`.
    static func decode<Value: Decodable>(_ type: Value.Type, fromForm json: [UInt8]) throws -> Value {
        var text = String(decoding: json, as: UTF8.self)
        while true {
            do {
                return try attempt(type, from: Array(text.utf8))
            } catch let fault as NotAList {
                // In a rendered form no text of a caller's can look like this: its quotes are escaped.
                let corrected = text.replacing("\(literal(fault.name)):\"\"", with: "\(literal(fault.name)):[]")
                guard corrected != text else { throw InputFault.malformed("'\(fault.name)' must be a list.") }
                text = corrected
            }
        }
    }

    static func encode(_ value: some Encodable, forXML: Bool = false, keepsNames: Bool = false) throws -> [UInt8] {
        if let plain = value as? any PlainOutput, !forXML {
            let members = plain.members.map { "\(literal($0.name)):\(literal($0.text))" }
            return Array("{\(members.joined(separator: ","))}".utf8)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        if forXML { encoder.userInfo[.isXML] = true }
        guard !keepsNames else { return Array(try encoder.encode(value)) }
        encoder.keyEncodingStrategy = .custom { path in
            guard let key = path.last, key.intValue == nil else { return path.last ?? Key(stringValue: "") }
            return Key(stringValue: key.stringValue.uppercasingFirst)
        }
        return Array(try encoder.encode(value))
    }

    private static func name(_ path: [any CodingKey]) -> String {
        path.filter { $0.intValue == nil }.map { $0.stringValue }.joined(separator: ".")
    }

    private static func wireName(_ name: String) -> String { name.uppercasingFirst }

    /// A JSON string literal.
    static func literal(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 32 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            return "\"" + text + "\""
        }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 32:
                result +=
                    "\\u" + String(repeating: "0", count: scalar.value < 16 ? 3 : 2) + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// What is wrong with an input, before any operation saw it.
enum InputFault: Error {
    case missing(String)
    case malformed(String)
}

/// The member of this wire name holds something else where a list belongs.
private struct NotAList: Error {
    let name: String
}

extension String {
    /// With the first letter in the other case, when it is one of these.
    fileprivate func changingFirst(from letters: ClosedRange<UInt8>) -> String {
        guard let first = utf8.first, letters.contains(first) else { return self }
        let count = utf8.count
        return String(unsafeUninitializedCapacity: count) { buffer in
            _ = buffer.initialize(from: utf8)
            buffer[0] = first ^ 0x20
            return count
        }
    }

    /// `EmailIdentity` for `emailIdentity`.
    var uppercasingFirst: String { changingFirst(from: UInt8(ascii: "a")...UInt8(ascii: "z")) }

    /// `emailIdentity` for `EmailIdentity`.
    var lowercasingFirst: String { changingFirst(from: UInt8(ascii: "A")...UInt8(ascii: "Z")) }
}
