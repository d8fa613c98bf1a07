// SPDX-License-Identifier: Apache-2.0

/// Tags of identities, configuration sets and templates, and how policies speak of them.
package enum ResourceTags {
    package static let maximumCount = 50
    /// Characters.
    static let maximumKeyLength = 128
    static let maximumValueLength = 256

    /// Tags as they were given; the keys of condition keys know no case, so two that differ in nothing else are one too many.
    /// - Throws: `RecordFailure.invalid`.
    package static func checked(_ tags: [(key: String, value: String)]) throws(RecordFailure) -> [String: String] {
        guard tags.count <= maximumCount else { throw .invalid("A resource can have \(maximumCount) tags.") }
        var result: [String: String] = [:]
        var keys: Set<String> = []
        for (key, value) in tags {
            guard (1...maximumKeyLength).contains(key.unicodeScalars.count) else {
                throw .invalid("A tag's key has 1 to \(maximumKeyLength) characters.")
            }
            guard value.unicodeScalars.count <= maximumValueLength else {
                throw .invalid("A tag's value has \(maximumValueLength) characters at most.")
            }
            guard !key.lowercased().hasPrefix("aws:") else {
                throw .invalid("Tag keys that begin with aws: are reserved: <\(key)>.")
            }
            guard keys.insert(key.lowercased()).inserted else { throw .invalid("Duplicate tag key <\(key)>.") }
            result[key] = value
        }
        return result
    }

    /// What a resource has after it was given more.
    /// - Throws: `RecordFailure.invalid`.
    package static func merged(
        _ tags: [String: String], with more: [String: String]
    ) throws(RecordFailure) -> [String: String] {
        try checked(tags.merging(more) { $1 }.map { ($0.key, $0.value) })
    }

    /// `aws:RequestTag/KEY` and `aws:TagKeys` of what a request brings.
    package static func context(asked tags: [String: String]) -> [String: [String]] {
        var context = Dictionary(uniqueKeysWithValues: tags.map { ("aws:RequestTag/\($0.key)", [$0.value]) })
        if !tags.isEmpty { context["aws:TagKeys"] = tags.keys.sorted() }
        return context
    }
}
