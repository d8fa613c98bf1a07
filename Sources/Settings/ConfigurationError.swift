// SPDX-License-Identifier: Apache-2.0

/// Why the server does not start, in words for the person who wrote the configuration.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    static func unknown(_ key: String, source: String) -> ConfigurationError {
        let nearest = Suggestion.nearest(to: key, among: ConfigurationKey.all.map(\.path))
        let hint = nearest.map { " Did you mean '\($0)'?" } ?? ""
        return ConfigurationError("unknown configuration key '\(key)' in \(source).\(hint)")
    }
}

/// The known word nearest to a mistyped one.
enum Suggestion {
    static func nearest(to word: String, among known: [String]) -> String? {
        let concrete = word.split(separator: ".").map { $0.allSatisfy(\.isNumber) ? "*" : $0 }.joined(separator: ".")
        let ranked = known.map { (distance(Array(concrete.utf8), Array($0.utf8)), $0) }.min { $0.0 < $1.0 }
        guard let (distance, name) = ranked, distance <= max(3, word.utf8.count / 3) else { return nil }
        return name
    }

    // Levenshtein's edit distance, one row at a time.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substituted = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
