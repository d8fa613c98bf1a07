// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import FoundationEssentials

/// A page of a list in the order of its keys (IAM: 100 entries, 1,000 at most).
///
/// It goes on behind the last key shown, so that entries which come and go between two pages make it skip none.
struct Page<Element: Sendable>: Sendable {
    let elements: [Element]
    let marker: String?
    var isTruncated: Bool { marker != nil }

    /// - Parameter key: differs from entry to entry.
    init(_ all: [Element], by key: (Element) -> String, marker: String?, maxItems: Number?) throws {
        let size = try PageSize(maxItems).value
        let last = try marker.map(Marker.decode)
        let rest = all.map { (key: key($0), element: $0) }.filter { entry in last.map { entry.key > $0 } ?? true }
            .sorted { $0.key < $1.key }
        elements = rest.prefix(size).map(\.element)
        self.marker = rest.count > size ? Marker.encode(rest[size - 1].key) : nil
    }

    /// A page of a list of which every entry follows from its place, and none is made that is not shown.
    init(count: Int, marker: String?, maxItems: Number?, _ element: (Int) throws -> Element) throws {
        let size = try PageSize(maxItems).value
        let start = try marker.map { Int(try Marker.decode($0)) ?? -1 } ?? 0
        guard (0...count).contains(start) else { throw Marker.invalid }
        let end = min(start + size, count)
        elements = try (start..<end).map(element)
        self.marker = end < count ? Marker.encode("\(end)") : nil
    }
}

private struct PageSize {
    let value: Int

    init(_ asked: Number?) throws {
        value = asked?.value ?? 100
        guard value >= 1 else {
            throw ServiceError(
                IAMRules.violation("maxItems", "Member must have value greater than or equal to 1"))
        }
        guard value <= 1_000 else {
            throw ServiceError(IAMRules.violation("maxItems", "Member must have value less than or equal to 1000"))
        }
    }
}

/// Where a list goes on, in a form that clients hand back without reading meaning into it.
private enum Marker {
    private static let prefix = Array("behind ".utf8)
    private static let maximumLength = 4_096

    static let invalid = ServiceError("ValidationError", "Invalid Marker.")

    static func encode(_ key: String) -> String { Data(prefix + Array(key.utf8)).base64EncodedString() }

    static func decode(_ marker: String) throws -> String {
        guard marker.utf8.count <= maximumLength, let data = Data(base64Encoded: marker), data.starts(with: prefix),
            let key = String(validating: data.dropFirst(prefix.count), as: UTF8.self)
        else { throw invalid }
        return key
    }
}
