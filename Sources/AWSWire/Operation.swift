// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// One AWS operation: where it is found, what goes in, what comes out, and one function.
///
/// Members of inputs and outputs are the AWS names with the first letter in lower case. Path labels, query parameters and
/// body are one key space, as in AWS's own models.
package protocol Operation: Sendable {
    associatedtype Input: Decodable
    associatedtype Output: Encodable
    static var route: Route { get }
    /// - Throws: `ServiceError` for what the caller should know; anything else becomes the protocol's internal failure.
    func run(_ input: Input, as context: RequestContext) async throws -> Output
}

extension Operation {
    package static var name: String { "\(Self.self)" }
}

/// Where an operation is found.
package enum Route: Hashable, Sendable {
    /// `POST /v2/email/identities/{EmailIdentity}`; labels hold one path segment.
    case rest(String, String)
    /// `Action=Name` of a service that speaks Query.
    case query(service: String)
    /// `X-Amz-Target: Prefix.Name`.
    case json(prefix: String)
}

/// No members.
package struct Empty: Codable, Hashable, Sendable {
    package init() {}
}

/// Octets that travel as Base64.
package struct Blob: Codable, Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else {
            throw ServiceError("SerializationException", "A blob is not valid Base64.")
        }
        bytes = Array(data)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Data(bytes).base64EncodedString())
    }
}

/// A number that may have come as text: in a query string or a form everything does.
package struct Number: Decodable, Hashable, Sendable {
    package let value: Int

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            value = number
        } else if let number = Int(try container.decode(String.self)) {
            value = number
        } else {
            throw ServiceError("SerializationException", "NUMBER_VALUE expected.")
        }
    }
}

/// A truth value that may have come as text.
package struct Flag: Decodable, Hashable, Sendable {
    package let value: Bool

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            value = flag
        } else {
            value = try container.decode(String.self).lowercased() == "true"
        }
    }
}

/// A moment: epoch seconds in JSON, ISO 8601 in XML.
package struct Moment: Codable, Hashable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Seconds since 1970, as JSON has them.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let milliseconds = Int64(exactly: (try container.decode(Double.self) * 1000).rounded()) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a moment")
        }
        self.milliseconds = milliseconds
    }

    package var seconds: Double { Double(milliseconds) / 1000 }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if encoder.userInfo[.isXML] != nil {
            try container.encode(BasicDate.extended(milliseconds / 1000))
        } else {
            try container.encode(Double(milliseconds) / 1000)
        }
    }
}

/// A map: an object in JSON, `<entry><key/><value/></entry>` in XML.
package struct WireMap<Value: Encodable & Sendable>: Encodable, Sendable {
    package var entries: [(key: String, value: Value)]

    package init(_ entries: [(key: String, value: Value)]) { self.entries = entries }

    private struct Entry: Encodable {
        let key: String
        let value: Value
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package func encode(to encoder: any Encoder) throws {
        if encoder.userInfo[.isXML] != nil {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(
                entries.map { Entry(key: $0.key, value: $0.value) }, forKey: Key(stringValue: XMLWriter.entriesKey))
        } else {
            // A dictionary, because its keys are nobody's member names and stay as they are.
            var container = encoder.singleValueContainer()
            try container.encode(Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
        }
    }
}

extension CodingUserInfoKey {
    static var isXML: CodingUserInfoKey { CodingUserInfoKey(rawValue: "xml").unsafelyUnwrapped }
}
