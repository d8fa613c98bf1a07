// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The name of a topic among all: `arn:aws:sns:us-east-1:111122223333:alarms`.
package struct TopicARN: Hashable, Sendable, CustomStringConvertible {
    /// Characters of a topic's name.
    package static let longestName = 256

    package let region: String
    package let account: AccountID
    package let name: String

    package init(region: String, account: AccountID, name: String) {
        self.region = region
        self.account = account
        self.name = name
    }

    /// Nil for what is no ARN of a topic.
    package init?(_ text: String) {
        guard text.utf8.count <= 512 else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn", parts[1] == "aws", parts[2] == "sns", Self.isRegion(parts[3]),
            let account = AccountID(parts[4]), Self.isName(parts[5])
        else { return nil }
        self.init(region: parts[3], account: account, name: parts[5])
    }

    package var description: String { "arn:aws:sns:\(region):\(account):\(name)" }

    /// Letters, digits, hyphens and underscores; topics in order (`.fifo`) there are none.
    package static func isName(_ text: String) -> Bool {
        (1...longestName).contains(text.utf8.count) && text.utf8.allSatisfy { isWord($0) }
    }

    private static func isRegion(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { isWord($0) }
    }

    private static func isWord(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension TopicARN: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let arn = TopicARN(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the ARN of a topic")
        }
        self = arn
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The name of a subscription: its topic's ARN, and a UUID.
package struct SubscriptionARN: Hashable, Sendable, CustomStringConvertible {
    package let topic: TopicARN
    /// 32 digits with four hyphens, in lower case.
    package let id: String

    package init(topic: TopicARN, id: String) {
        self.topic = topic
        self.id = id
    }

    package init?(_ text: String) {
        guard text.utf8.count <= 600, let colon = text.lastIndex(of: ":"),
            let topic = TopicARN(String(text[..<colon]))
        else { return nil }
        let id = String(text[text.index(after: colon)...])
        guard id.utf8.count == 36, id.utf8.allSatisfy({ Self.digits.contains($0) }) else { return nil }
        self.init(topic: topic, id: id)
    }

    private static let digits = Set("0123456789abcdef-".utf8)

    package var description: String { "\(topic):\(id)" }
}

extension SubscriptionARN: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let arn = SubscriptionARN(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the ARN of a subscription")
        }
        self = arn
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
