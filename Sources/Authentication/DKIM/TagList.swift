// SPDX-License-Identifier: Apache-2.0

/// `tag=value; tag=value` (RFC 6376 §3.2). At most 50 tags; a tag that stands twice makes the list invalid.
struct TagList {
    private var values: [String: String] = [:]

    init?(parsing text: some StringProtocol) {
        let pieces = text.split(separator: ";")
        guard pieces.count <= 50 else { return nil }
        for piece in pieces {
            guard let equals = piece.firstIndex(of: "=") else {
                if piece.allSatisfy(\.isWhitespace) { continue }
                return nil
            }
            let name = piece[..<equals].filter { !$0.isWhitespace }
            guard !name.isEmpty, values[String(name)] == nil else { return nil }
            let value = piece[piece.index(after: equals)...]
            values[String(name)] = String(
                value.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }
    }

    subscript(_ name: String) -> String? { values[name] }

    /// A value in which white space means nothing, such as Base64.
    func compact(_ name: String) -> String? { values[name].map { $0.filter { !$0.isWhitespace } } }
}
