// SPDX-License-Identifier: Apache-2.0

import JSON

/// What is published to a topic. Limits as SNS's: 256 KB with its attributes, a subject of 100 characters.
package struct OutgoingMessage: Hashable, Sendable {
    package static let maximumOctets = 256 << 10
    package static let longestSubject = 100
    package static let maximumAttributes = 100

    let subject: String?
    let message: String
    /// By the way of a subscription: what takes the message's place there.
    let messages: [String: String]
    let attributes: [String: MessageAttribute]

    /// - Parameter isStructured: the message is a JSON object with a text for `default`, and others by protocol.
    /// - Throws: `NotifyFailure.invalid`.
    package init(
        subject: String?, message: String, isStructured: Bool = false, attributes: [String: MessageAttribute] = [:]
    ) throws(NotifyFailure) {
        guard !message.isEmpty else { throw .invalid("Empty message") }
        if let subject, !Self.isSubject(subject) { throw .invalid("Subject") }
        guard attributes.count <= Self.maximumAttributes, attributes.keys.allSatisfy(MessageAttribute.isName) else {
            throw .invalid("MessageAttributes Reason: an attribute's name is not valid, or there are too many")
        }
        let beside = attributes.reduce(0) {
            $0 + $1.key.utf8.count + $1.value.type.utf8.count + $1.value.value.utf8.count
        }
        guard message.utf8.count + beside <= Self.maximumOctets else { throw .invalid("Message too long") }
        self.subject = subject
        self.attributes = attributes
        messages = isStructured ? try Self.structured(message) : [:]
        guard !isStructured || messages["default"] != nil else {
            throw .invalid("Message Structure - No default entry in JSON message body")
        }
        self.message = messages["default"] ?? message
    }

    /// What goes this way.
    func text(for way: Subscription.Way) -> String { messages[way.rawValue] ?? message }

    private static func isSubject(_ text: String) -> Bool {
        (1...longestSubject).contains(text.unicodeScalars.count)
            // Nor what ends a line in Unicode: mail would not take it.
            && text.unicodeScalars.allSatisfy {
                $0.value >= 32 && !(0x7f..<0xa0).contains($0.value) && !(0x2028...0x2029).contains($0.value)
            }
    }

    private static func structured(_ text: String) throws(NotifyFailure) -> [String: String] {
        guard let value = try? JSONValue(parsing: text, maximumDepth: 16), case .object(let members) = value else {
            throw .invalid("Message Structure - JSON message body failed to parse")
        }
        var messages: [String: String] = [:]
        // What is for ways that there are not here, SNS passes over as well.
        for member in members {
            if case .string(let text) = member.value { messages[member.name] = text }
        }
        return messages
    }
}
