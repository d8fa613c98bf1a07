// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access

/// A tag on the wire.
struct WireTag: Codable {
    let key: String
    let value: String

    init(_ tag: Tag) { (key, value) = (tag.key, tag.value) }
    var tag: Tag { Tag(key: key, value: value) }
}

extension [WireTag]? {
    /// - Throws: what IAM says of tags that are none, before anybody is asked anything.
    var checked: [Tag] {
        get throws {
            let tags = (self ?? []).map(\.tag)
            try inIAMsWords { try IAMRules.tags(tags) }
            return tags
        }
    }
}

extension [Tag] {
    /// `aws:RequestTag/…` and `aws:TagKeys`.
    var keys: [String: [String]] {
        var keys: [String: [String]] = ["aws:TagKeys": map(\.key)]
        for tag in self { keys["aws:RequestTag/\(tag.key)"] = [tag.value] }
        return keys
    }
}

/// Keys of tags that are to go.
struct TagKeys: Decodable, Sendable {
    let list: [String]

    init(from decoder: any Decoder) throws {
        list = try decoder.singleValueContainer().decode([String].self)
        guard list.count <= IAMRules.maximumTags, list.allSatisfy({ (1...128).contains($0.unicodeScalars.count) })
        else {
            throw ServiceError(
                IAMRules.violation("tagKeys", "Member must have length less than or equal to \(IAMRules.maximumTags)"))
        }
    }

    var keys: [String: [String]] { ["aws:TagKeys": list] }
}
