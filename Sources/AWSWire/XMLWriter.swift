// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The Query protocol's way out: a value as XML elements.
enum XMLWriter {
    /// Under this name a map hides its entries from the rule that lists become `<member>`.
    static let entriesKey = "\u{1}entries"

    private enum Value: Decodable {
        case text(String)
        case list([Value])
        case object([String: Value])

        init(from decoder: any Decoder) throws {
            if let object = try? decoder.container(keyedBy: AnyKey.self) {
                var members: [String: Value] = [:]
                for key in object.allKeys { members[key.stringValue] = try object.decode(Value.self, forKey: key) }
                self = .object(members)
                return
            }
            if var list = try? decoder.unkeyedContainer() {
                var members: [Value] = []
                while !list.isAtEnd { members.append(try list.decode(Value.self)) }
                self = .list(members)
                return
            }
            let single = try decoder.singleValueContainer()
            if let flag = try? single.decode(Bool.self) {
                self = .text(flag ? "true" : "false")
            } else if let number = try? single.decode(Int.self) {
                self = .text(String(number))
            } else if let number = try? single.decode(Double.self) {
                self = .text("\(number)")
            } else {
                self = .text(try single.decode(String.self))
            }
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    static func response(_ output: some Encodable, operation: String, namespace: String, requestID: String) throws
        -> [UInt8]
    {
        let value = try JSONDecoder().decode(Value.self, from: Data(try JSONCodec.encode(output, forXML: true)))
        let result = content(value)
        return Array(
            """
            <\(operation)Response xmlns="\(namespace)"><\(operation)Result>\(result)</\(operation)Result>\
            <ResponseMetadata><RequestId>\(requestID)</RequestId></ResponseMetadata></\(operation)Response>
            """.utf8)
    }

    static func error(_ error: ServiceError, namespace: String, requestID: String) -> [UInt8] {
        Array(
            """
            <ErrorResponse xmlns="\(namespace)"><Error><Type>\(error.type)</Type><Code>\(escaped(error.code))</Code>\
            <Message>\(escaped(error.message ?? ""))</Message></Error><RequestId>\(requestID)</RequestId></ErrorResponse>
            """.utf8)
    }

    private static func content(_ value: Value) -> String {
        switch value {
        case .text(let text): escaped(text)
        case .list(let members): members.map { element("member", $0) }.joined()
        case .object(let members):
            if case .list(let entries)? = members.first(where: {
                $0.key.hasSuffix(entriesKey.dropFirst()) && members.count == 1
            })?.value {
                entries.map { entry in
                    guard case .object(let pair) = entry else { return "" }
                    return
                        "<entry>\(element("key", pair["Key"] ?? .text("")))\(element("value", pair["Value"] ?? .text("")))</entry>"
                }.joined()
            } else {
                members.sorted { $0.key < $1.key }.map { element($0.key, $0.value) }.joined()
            }
        }
    }

    private static func element(_ name: String, _ value: Value) -> String { "<\(name)>\(content(value))</\(name)>" }

    // XML 1.0 has no way to write most control characters.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\r": result += "&#13;"
            case _ where scalar.value < 32 && scalar != "\t" && scalar != "\n", "\u{FFFE}", "\u{FFFF}":
                result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
