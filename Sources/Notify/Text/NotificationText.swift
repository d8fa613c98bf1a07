// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSON
package import Mail

/// What a subscriber reads (SNS developer guide, "HTTP/HTTPS notification JSON format"), and what of it is signed.
package struct NotificationText: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// With the address that ends the subscription, which is not signed.
        case notification(subject: String?, unsubscribeURL: String)
        case subscriptionConfirmation(token: String, subscribeURL: String)

        /// As `Type` and the header `x-amz-sns-message-type` say it.
        package var name: String {
            switch self {
            case .notification: "Notification"
            case .subscriptionConfirmation: "SubscriptionConfirmation"
            }
        }
    }

    package let kind: Kind
    package let messageID: String
    package let topic: TopicARN
    package let message: String
    package let at: Timestamp
    package let attributes: [String: MessageAttribute]

    package init(
        _ kind: Kind, messageID: String, topic: TopicARN, message: String, at: Timestamp,
        attributes: [String: MessageAttribute] = [:]
    ) {
        self.kind = kind
        self.messageID = messageID
        self.topic = topic
        self.message = message
        self.at = at
        self.attributes = attributes
    }

    /// What is signed: names and values, each with a line feed behind it, by name; nothing is escaped.
    package var canonical: String {
        let pairs: [(String, String)]
        switch kind {
        case .notification(let subject, _):
            pairs =
                [("Message", message), ("MessageId", messageID)] + (subject.map { [("Subject", $0)] } ?? [])
                + [("Timestamp", at.description), ("TopicArn", topic.description), ("Type", kind.name)]
        case .subscriptionConfirmation(let token, let url):
            pairs = [
                ("Message", message), ("MessageId", messageID), ("SubscribeURL", url), ("Timestamp", at.description),
                ("Token", token), ("TopicArn", topic.description), ("Type", kind.name),
            ]
        }
        return pairs.map { "\($0.0)\n\($0.1)\n" }.joined()
    }

    /// The document, with its signature.
    package func json(_ signature: NotificationSignature) -> [UInt8] {
        let signed = [
            ("Timestamp", at.description), ("SignatureVersion", signature.version.rawValue),
            ("Signature", signature.base64), ("SigningCertURL", signature.certificateURL),
        ]
        var members = [("Type", kind.name), ("MessageId", messageID)]
        switch kind {
        case .notification(let subject, let url):
            members += [("TopicArn", topic.description)] + (subject.map { [("Subject", $0)] } ?? [])
            members += [("Message", message)] + signed + [("UnsubscribeURL", url)]
        case .subscriptionConfirmation(let token, let url):
            members += [("Token", token), ("TopicArn", topic.description), ("Message", message)]
            members += [("SubscribeURL", url)] + signed
        }
        var output = Array("{\n".utf8)
        for (index, (name, value)) in members.enumerated() {
            output += "\(index > 0 ? ",\n" : "")  \"\(name)\" : ".utf8
            JSONValue.write(value, to: &output)
        }
        if !attributes.isEmpty { writeAttributes(to: &output) }
        return output + "\n}".utf8
    }

    private func writeAttributes(to output: inout [UInt8]) {
        output += ",\n  \"MessageAttributes\" : {".utf8
        for (index, (name, attribute)) in attributes.sorted(by: { $0.key < $1.key }).enumerated() {
            output += "\(index > 0 ? "," : "")\n    ".utf8
            JSONValue.write(name, to: &output)
            output += " : {\"Type\":".utf8
            JSONValue.write(attribute.type, to: &output)
            output += ",\"Value\":".utf8
            JSONValue.write(attribute.value, to: &output)
            output.append(UInt8(ascii: "}"))
        }
        output += "\n  }".utf8
    }
}

/// A signature over `NotificationText.canonical`, and where the certificate to see it with is.
package struct NotificationSignature: Hashable, Sendable {
    package let version: SignatureVersion
    package let octets: [UInt8]
    package let certificateURL: String

    package init(version: SignatureVersion, octets: [UInt8], certificateURL: String) {
        self.version = version
        self.octets = octets
        self.certificateURL = certificateURL
    }

    var base64: String { Data(octets).base64EncodedString() }
}
