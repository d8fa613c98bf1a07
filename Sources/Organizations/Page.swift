// SPDX-License-Identifier: Apache-2.0

import AWSWire
import FoundationEssentials

/// A page of a list in the order of its keys (Organizations: 20 entries at most).
///
/// It goes on behind the last key shown, so that entries which come and go between two pages make it skip none.
struct Page<Element: Sendable>: Sendable {
    let elements: [Element]
    let nextToken: String?

    /// - Parameter key: differs from entry to entry.
    init(_ all: [Element], by key: (Element) -> String, token: String?, size asked: Int?) throws {
        let size = asked ?? 20
        guard size >= 1 else { throw ServiceError.invalid("MIN_VALUE_EXCEEDED:MAX_RESULTS", "it is 1 at least.") }
        guard size <= 20 else { throw ServiceError.invalid("MAX_VALUE_EXCEEDED:MAX_RESULTS", "it is 20 at most.") }
        let last = try token.map(Token.decode)
        let rest = all.map { (key: key($0), element: $0) }.filter { entry in last.map { entry.key > $0 } ?? true }
            .sorted { $0.key < $1.key }
        elements = rest.prefix(size).map(\.element)
        nextToken = rest.count > size ? Token.encode(rest[size - 1].key) : nil
    }
}

/// Where a list goes on, in a form that clients hand back without reading meaning into it.
private enum Token {
    private static let prefix = Array("behind ".utf8)
    private static let maximumLength = 4_096

    static func encode(_ key: String) -> String { Data(prefix + Array(key.utf8)).base64EncodedString() }

    static func decode(_ token: String) throws -> String {
        guard token.utf8.count <= maximumLength, let data = Data(base64Encoded: token), data.starts(with: prefix),
            let key = String(validating: data.dropFirst(prefix.count), as: UTF8.self)
        else { throw ServiceError.invalid("INVALID_NEXT_TOKEN", "get it from the response to a previous call.") }
        return key
    }
}
