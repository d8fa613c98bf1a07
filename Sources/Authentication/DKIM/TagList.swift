// SPDX-License-Identifier: Apache-2.0

/// `tag=value; tag=value` (RFC 6376 §3.2). At most 50 tags; a tag that stands twice makes the list invalid.
///
/// Read by octets: a combining accent must not swallow the sign before it.
struct TagList {
    private var values: [String: String] = [:]

    init?(parsing text: some StringProtocol) {
        let pieces = Array(text.utf8).split(separator: UInt8(ascii: ";"))
        guard pieces.count <= 50 else { return nil }
        for piece in pieces {
            guard let equals = piece.firstIndex(of: UInt8(ascii: "=")) else {
                if piece.allSatisfy(Self.isSpace) { continue }
                return nil
            }
            let name = String(decoding: piece[..<equals].filter { !Self.isSpace($0) }, as: UTF8.self)
            guard !name.isEmpty, values[name] == nil else { return nil }
            let value = piece[(equals + 1)...].drop(while: Self.isSpace)
            let end = value.lastIndex { !Self.isSpace($0) }.map { $0 + 1 } ?? value.startIndex
            values[name] = String(decoding: value[..<end], as: UTF8.self)
        }
    }

    subscript(_ name: String) -> String? { values[name] }

    /// A value in which white space means nothing, such as Base64.
    func compact(_ name: String) -> String? {
        values[name].map { String(decoding: $0.utf8.filter { !Self.isSpace($0) }, as: UTF8.self) }
    }

    /// A colon-separated value, such as `h=`, without white space and without empty words.
    func words(_ name: String) -> [String]? { compact(name)?.split(separator: ":").map(String.init) }

    private static func isSpace(_ octet: UInt8) -> Bool { octet == 32 || (9...13).contains(octet) }
}
