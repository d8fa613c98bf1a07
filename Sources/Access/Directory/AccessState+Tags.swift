// SPDX-License-Identifier: Apache-2.0

import Mail

extension IAMRules {
    package static let maximumTags = 50

    /// "Tags for AWS IAM resources", IAM user guide.
    package static func tags(_ tags: [Tag]) throws(AccessFailure) {
        guard tags.count <= maximumTags else {
            throw .limitExceeded("Cannot exceed quota for TagsPerResource: \(maximumTags)")
        }
        guard Set(tags.map { $0.key.lowercased() }).count == tags.count else {
            throw .invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        }
        for tag in tags {
            try length(tag.key, "tags.member.key", 1...128)
            try length(tag.value, "tags.member.value", 0...256)
            guard (tag.key + tag.value).unicodeScalars.allSatisfy(isOfTags) else {
                throw violation("tags", #"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"#)
            }
            guard !tag.key.lowercased().hasPrefix("aws:") else {
                throw .invalidInput("Tag keys that begin with aws: are reserved.")
            }
        }
    }

    // [\p{L}\p{Z}\p{N}_.:/=+\-@]
    private static func isOfTags(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .spaceSeparator,
            .lineSeparator, .paragraphSeparator, .decimalNumber, .letterNumber, .otherNumber:
            true
        default: "_.:/=+-@".unicodeScalars.contains(scalar)
        }
    }
}

extension [Tag] {
    /// Later tags take the place of earlier ones of the same key.
    package func merged(with others: [Tag]) -> [Tag] {
        let names = Set(others.map { $0.key.lowercased() })
        return filter { !names.contains($0.key.lowercased()) } + others
    }

    package func without(_ keys: [String]) -> [Tag] {
        let names = Set(keys.map { $0.lowercased() })
        return filter { !names.contains($0.key.lowercased()) }
    }
}

extension AccessState {
    package mutating func tag(_ entity: some Taggable, _ tags: [Tag]) throws(AccessFailure) {
        var entity = entity
        entity.tags = entity.tags.merged(with: tags)
        try IAMRules.tags(entity.tags)
        put(entity)
    }

    package mutating func untag(_ entity: some Taggable, _ keys: [String]) {
        var entity = entity
        entity.tags = entity.tags.without(keys)
        put(entity)
    }
}
