// SPDX-License-Identifier: Apache-2.0

package import AWSWire
import Journal
import Mail

/// What `DescribeMessage` answers: a message's story, from the sign-in of its session or its acceptance on, in order.
package struct MessageStory: Codable, Sendable {
    package struct Step: Codable, Sendable {
        package let at: Moment
        /// `accepted`, `deferred`, `delivered`, `bounced`, `complained`, or the operation that somebody asked for.
        package let event: String
        package let recipients: [String]
        package let detail: String
        /// Where somebody asked for it.
        package private(set) var request: Request?
        // Of a try.
        package private(set) var attempt: Int?
        package private(set) var peer: String?
        package private(set) var address: String?
        package private(set) var site: String?
        package private(set) var tls: String?
        package private(set) var cipher: String?
        package private(set) var certificate: String?
        package private(set) var tlsPolicy: String?
        package private(set) var bounceType: String?
        package private(set) var bounceSubType: String?
        package private(set) var rule: String?
        package private(set) var next: Moment?
        package private(set) var milliseconds: Int?
        package private(set) var transcript: [String]?
    }

    /// How a message came in, or an act was asked for.
    package struct Request: Codable, Sendable {
        package let requestId: String
        /// The operation as the wire names it.
        package let operation: String
        package let accessKeyId: String?
        /// User-Agent, or HELO name.
        package let agent: String
        /// Nil in clear.
        package let tls: String?
        package let cipher: String?
    }

    package let messageId: String
    package let accountId: String
    package let steps: [Step]
    /// Recipients of whom nothing final is known.
    package let waiting: Int
}

extension MessageStory.Step {
    init(_ fact: Fact) {
        switch fact.event {
        case .accepted(let event):
            self.init(fact, "accepted", event.recipients, Self.acceptance(event), event.call)
        case .delivered(let outcome): self.init(fact, "delivered", outcome)
        case .deferred(let outcome): self.init(fact, "deferred", outcome)
        case .bounced(let outcome): self.init(fact, "bounced", outcome)
        case .complained(let event):
            self.init(fact, "complained", event.recipients, "\(event.feedbackType), reported by \(event.userAgent)")
        case .refused(let event): self.init(fact, "refused", [], "\(event.control): \(event.reason)", event.call)
        case .renderingFailed(let event):
            self.init(fact, "renderingFailed", event.recipients, "\(event.template): \(event.reason)", event.call)
        case .warned(let event): self.init(fact, "warned", [], "\(event.control): \(event.reason)")
        case .administered(let event):
            let reason = event.reason.map { ": \($0)" } ?? ""
            self.init(fact, event.operation, [], "by \(event.principal)" + reason, event.call)
        case .signedIn(let event):
            let outcome = event.failure.map { "turned away: \($0)" } ?? "let in"
            self.init(fact, event.call.name, [], "\(outcome), from \(event.sourceAddress)", event.call)
        case .unreadable(let event): self.init(fact, "unreadable", [], "what happened cannot be read: \(event.reason)")
        // None is about a message.
        case .called(let event): self.init(fact, event.call.name, [], "by \(event.principal)", event.call)
        }
    }

    private static func acceptance(_ event: Fact.Accepted) -> String {
        let source = event.sourceAddress.isEmpty ? "" : " from \(event.sourceAddress)"
        let tags = event.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let more = [
            "by \(event.door)\(source) as \(event.principal), \(event.size) octets", "sender \(event.from)",
            event.configurationSet.map { "configuration set \($0)" },
            tags.isEmpty ? nil : "tags \(tags.joined(separator: " "))",
        ]
        return more.compactMap(\.self).joined(separator: ", ")
    }

    private init(
        _ fact: Fact, _ event: String, _ recipients: [String], _ detail: String, _ call: Fact.Call? = nil
    ) {
        at = Moment(milliseconds: fact.at.milliseconds)
        self.event = event
        self.recipients = recipients
        self.detail = detail
        request = call.map {
            MessageStory.Request(
                requestId: $0.request, operation: $0.name, accessKeyId: $0.accessKeyID, agent: $0.agent, tls: $0.tls,
                cipher: $0.cipher)
        }
    }

    private init(_ fact: Fact, _ event: String, _ outcome: Fact.Outcome) {
        self.init(fact, event, outcome.recipients, outcome.reply)
        attempt = outcome.attempt
        peer = outcome.peer.isEmpty ? nil : outcome.peer
        address = outcome.address
        site = outcome.site
        tls = outcome.tls
        cipher = outcome.cipher
        certificate = outcome.certificate
        tlsPolicy = outcome.tlsPolicy
        bounceType = event == "bounced" ? outcome.verdict?.type : nil
        bounceSubType = event == "bounced" ? outcome.verdict?.subType : nil
        rule = outcome.verdict?.rule
        next = outcome.next.map { Moment(milliseconds: $0) }
        milliseconds = outcome.milliseconds
        transcript = outcome.replies
    }
}
