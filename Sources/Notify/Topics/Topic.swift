// SPDX-License-Identifier: Apache-2.0

/// A topic: what is published to it goes to all who subscribed.
package struct Topic: Hashable, Sendable, Codable {
    /// SNS's own quota is 100,000 an account.
    package static let limit = 1_000
    /// Tags of a topic.
    package static let tagLimit = 50

    package let arn: TopicARN
    /// As they were set: `DisplayName`, `DeliveryPolicy`, `SignatureVersion`, `Policy`.
    package private(set) var attributes: [String: String] = [:]
    package var tags: [String: String] = [:]

    package init(_ arn: TopicARN) { self.arn = arn }

    package var displayName: String { attributes["DisplayName"] ?? "" }
    /// 1 is SHA1withRSA, 2 SHA256withRSA.
    package var signatureVersion: SignatureVersion {
        attributes["SignatureVersion"].flatMap(SignatureVersion.init) ?? .sha1
    }
    /// Of what is delivered over HTTP and HTTPS.
    package var deliveryPolicy: TopicDeliveryPolicy {
        // What is stored was read before.
        attributes["DeliveryPolicy"].flatMap { try? TopicDeliveryPolicy(parsing: $0) } ?? TopicDeliveryPolicy()
    }

    /// An empty value takes the attribute away.
    /// - Throws: `NotifyFailure.invalid`.
    package mutating func set(_ name: String, _ value: String) throws(NotifyFailure) {
        switch name {
        case "DisplayName":
            guard value.unicodeScalars.count <= 100, value.unicodeScalars.allSatisfy({ $0.value >= 32 }) else {
                throw .invalid("DisplayName Reason: at most 100 characters, and no control characters")
            }
        case "DeliveryPolicy": if !value.isEmpty { _ = try TopicDeliveryPolicy(parsing: value) }
        case "SignatureVersion":
            guard value.isEmpty || SignatureVersion(rawValue: value) != nil else {
                throw .invalid("SignatureVersion Reason: 1 or 2")
            }
        case "Policy": break
        // What Terraform and the console send although nobody asked.
        case "FifoTopic" where value == "false", "ContentBasedDeduplication" where value == "false",
            "TracingConfig" where value == "PassThrough", "KmsMasterKeyId" where value.isEmpty:
            return
        case _ where name.hasSuffix("SuccessFeedbackSampleRate") && value == "0",
            _ where name.hasSuffix("FeedbackRoleArn") && value.isEmpty:
            return
        default: throw .invalid("AttributeName Reason: \(name.prefix(100)) cannot be set to this value here")
        }
        attributes[name] = value.isEmpty ? nil : value
    }
}

/// The algorithm of a notification's signature.
package enum SignatureVersion: String, Hashable, Sendable, Codable {
    case sha1 = "1"
    case sha256 = "2"
}
