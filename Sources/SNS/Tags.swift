// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import FoundationEssentials
import Notify

enum Base64 {
    static func text(_ octets: [UInt8]) -> String { Data(octets).base64EncodedString() }
}

/// A tag of a topic.
struct TopicTag: Codable {
    var key: String
    var value: String?
}

extension [TopicTag]? {
    /// - Throws: `InvalidParameter` for a tag that AWS would not take.
    var checked: [String: String] {
        get throws {
            var tags: [String: String] = [:]
            for tag in self ?? [] {
                let value = tag.value ?? ""
                guard TagText.isAllowed(tag.key, value) else {
                    throw ServiceError(invalid: "Tags Reason: a tag's key or value is not valid")
                }
                guard tags.updateValue(value, forKey: tag.key) == nil else {
                    throw ServiceError(invalid: "Tags Reason: a key stands twice")
                }
            }
            return tags
        }
    }
}

extension [String: String] {
    /// `aws:RequestTag/…` and `aws:TagKeys`.
    var tagKeys: [String: [String]] {
        var keys: [String: [String]] = isEmpty ? [:] : ["aws:TagKeys": self.keys.sorted()]
        for (key, value) in self { keys["aws:RequestTag/\(key)"] = [value] }
        return keys
    }
}

struct TagResource: Operation {
    static let route = sns

    struct Input: Decodable {
        var resourceArn: String
        var tags: [TopicTag]
    }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let tags = try Optional(input.tags).checked
        let (topic, caller) = try await services.topic(
            input.resourceArn, for: Self.name, context, keys: tags.tagKeys, missing: "ResourceNotFound")
        try await inSNSsWords {
            try await services.book.change(topic.arn, operation: Self.name, by: caller) { topic in
                topic.tags.merge(tags) { $1 }
            }
        }
        return Empty()
    }
}

struct UntagResource: Operation {
    static let route = sns

    struct Input: Decodable {
        var resourceArn: String
        var tagKeys: [String]
    }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let (topic, caller) = try await services.topic(
            input.resourceArn, for: Self.name, context, keys: ["aws:TagKeys": input.tagKeys],
            missing: "ResourceNotFound")
        let keys = input.tagKeys
        try await inSNSsWords {
            try await services.book.change(topic.arn, operation: Self.name, by: caller) { topic in
                for key in keys { topic.tags[key] = nil }
            }
        }
        return Empty()
    }
}

struct ListTagsForResource: Operation {
    static let route = sns

    struct Input: Decodable { var resourceArn: String }
    struct Output: Encodable { let tags: [TopicTag] }

    let services: SNSServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let (topic, _) = try await services.topic(
            input.resourceArn, for: Self.name, context, missing: "ResourceNotFound")
        return Output(
            tags: topic.tags.sorted { $0.key < $1.key }.map { TopicTag(key: $0.key, value: $0.value) })
    }
}
