// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Something that happened, written once and never changed.
///
/// A fact is committed in the same transaction as the change it tells of; everything downstream (events,
/// metrics, the trail, the SIEM) reads facts with a cursor of its own and may lag without slowing mail.
package struct Fact: Hashable, Sendable {
    package let at: Timestamp
    package let account: AccountID
    /// Nil for facts that are not about one message.
    package let message: MessageID?
    package let event: Event

    package init(at: Timestamp, account: AccountID, message: MessageID?, event: Event) {
        self.at = at
        self.account = account
        self.message = message
        self.event = event
    }

    package enum Event: Hashable, Sendable {
        /// The message is on stable storage and the caller has, or will get, its success.
        case accepted(Accepted)
        /// One try at some recipients ended; each of them is named in exactly one of the three outcomes.
        case delivered(Outcome)
        case deferred(Outcome)
        case bounced(Outcome)
        /// A recipient called the message unwanted (RFC 5965).
        case complained(Complained)
        /// A send that was turned away, with the control that said no.
        case refused(Refused)
        /// A template could not be filled: the message was accepted and dropped, as on SES.
        case renderingFailed(RenderingFailed)
        /// Something will be refused soon, or nobody can get by a limit: for the operator to act on.
        case warned(Warned)
        /// A record of the house was changed: `CreateEmailIdentity`, `DeleteEmailIdentity`, …
        case administered(Administered)
        /// An operation ended of which no other fact tells.
        case called(Called)
        /// Somebody showed who they are, or failed to.
        case signedIn(SignedIn)
        /// What is stored here is no event that anybody can read. Never stored itself: each reader decides what it means.
        case unreadable(Unreadable)
    }

    /// A stored fact that was damaged, or written by a newer version.
    package struct Unreadable: Hashable, Sendable {
        /// Why, without anything of what is stored.
        package var reason: String

        package init(reason: String) { self.reason = reason }
    }

    package struct Accepted: Hashable, Sendable {
        package var door: String
        package var principal: String
        package var reversePath: String
        package var from: String
        package var recipients: [String]
        package var identity: String
        package var size: Int
        package var sourceAddress: String
        package var configurationSet: String?
        package var tags: [String: String]
        /// How it was asked for; nil for mail of the house's own.
        package var call: Call?
        /// Whether it is mail of the house's own: notices, questions for confirmation. Facts from before calls were kept
        /// are told by their door.
        package var isHouse: Bool { call == nil && !Fact.doors.contains(door) }
        /// The caller's `traceparent` (see `TraceParent`); nil where none came that is one.
        package var trace: String?

        package init(
            door: String, principal: String, reversePath: String, from: String, recipients: [String], identity: String,
            size: Int, sourceAddress: String, configurationSet: String? = nil, tags: [String: String] = [:],
            call: Call? = nil, trace: String? = nil
        ) {
            self.call = call
            self.trace = trace
            self.door = door
            self.principal = principal
            self.reversePath = reversePath
            self.from = from
            self.recipients = recipients
            self.identity = identity
            self.size = size
            self.sourceAddress = sourceAddress
            self.configurationSet = configurationSet
            self.tags = tags
        }
    }

    /// Where callers come in; whatever has another door is the server's own.
    package static let doors: Set<String> = ["smtp", "trusted", "api", "console"]

    package struct Outcome: Hashable, Sendable {
        package var recipients: [String]
        package var attempt: Int
        /// Who answered: `mx1.example.com [192.0.2.1]:25`; empty where nobody did.
        package var peer: String
        /// The peer's last reply, or ours where there was none.
        package var reply: String
        /// `TLSv1.3`, or nil for a connection in clear.
        package var tls: String?
        package var milliseconds: Int
        /// When the recipients are tried again, in milliseconds since 1970; nil where they are not.
        package var next: Int64?
        /// In a deferral that tells of a delay, when the recipients are given up (SES: `expirationTime`), in milliseconds
        /// since 1970; else nil.
        package var expires: Int64?
        /// The address it left from (SES: `ses:outgoing-ip`), also where the system chose it; nil where nothing was sent.
        package var address: String?
        /// The destination's provider, as limits are counted by.
        package var site: String?
        /// `TLS_AES_256_GCM_SHA384`.
        package var cipher: String?
        /// What was found of the peer's certificate: `verified`, `dane`, `unverified`, or what is wrong with it.
        package var certificate: String?
        /// Which rule decided how the connection had to be protected: `opportunistic`, `MTA-STS enforce`, …
        package var tlsPolicy: String?
        /// SES's class of a bounce or delay and the rule that found it; nil for a delivery.
        package var verdict: Verdict?
        /// The peer's replies in this try, each with its milliseconds since the try began; bounded.
        package var replies: [String]?

        package init(
            recipients: [String], attempt: Int, peer: String, reply: String, tls: String?, milliseconds: Int,
            next: Int64? = nil, expires: Int64? = nil, address: String? = nil, site: String? = nil,
            cipher: String? = nil, certificate: String? = nil, tlsPolicy: String? = nil, verdict: Verdict? = nil,
            replies: [String]? = nil
        ) {
            self.next = next
            self.expires = expires
            self.address = address
            self.site = site
            self.cipher = cipher
            self.certificate = certificate
            self.tlsPolicy = tlsPolicy
            self.verdict = verdict
            self.replies = replies
            self.recipients = recipients
            self.attempt = attempt
            self.peer = peer
            self.reply = reply
            self.tls = tls
            self.milliseconds = milliseconds
        }
    }

    /// A reply, or a report that came later, in SES's words.
    package struct Verdict: Hashable, Sendable {
        /// `Permanent`, `Transient`, `Undetermined`.
        package var type: String
        /// `NoEmail`, `MailboxFull`, `OnAccountSuppressionList`, …
        package var subType: String
        /// Whose fault it is: `recipient`, `content`, `reputation`, `authentication`, `peer`, `network`.
        package var party: String
        /// Why a delay (SES's delayType).
        package var delay: String
        /// The rule that said so.
        package var rule: String

        package init(type: String, subType: String, party: String, delay: String, rule: String) {
            self.type = type
            self.subType = subType
            self.party = party
            self.delay = delay
            self.rule = rule
        }
    }

    package struct Complained: Hashable, Sendable {
        package var recipients: [String]
        /// `abuse`, `fraud`, … (RFC 5965 §7.3).
        package var feedbackType: String
        package var userAgent: String
        /// When the report says the message arrived, milliseconds since 1970.
        package var arrivedAt: Int64?
        /// `OnAccountSuppressionList`, or nil.
        package var subType: String?

        package init(
            recipients: [String], feedbackType: String, userAgent: String, arrivedAt: Int64? = nil,
            subType: String? = nil
        ) {
            self.recipients = recipients
            self.feedbackType = feedbackType
            self.userAgent = userAgent
            self.arrivedAt = arrivedAt
            self.subType = subType
        }
    }

    package struct Refused: Hashable, Sendable {
        package var door: String
        package var principal: String
        package var control: String
        package var reason: String
        package var sourceAddress: String
        package var call: Call?

        package init(
            door: String, principal: String, control: String, reason: String, sourceAddress: String, call: Call? = nil
        ) {
            self.call = call
            self.door = door
            self.principal = principal
            self.control = control
            self.reason = reason
            self.sourceAddress = sourceAddress
        }
    }

    package struct Warned: Hashable, Sendable {
        package var control: String
        /// What it is about: an access key, an identity.
        package var subject: String
        package var reason: String

        package init(control: String, subject: String, reason: String) {
            self.control = control
            self.subject = subject
            self.reason = reason
        }
    }

    package struct RenderingFailed: Hashable, Sendable {
        package var template: String
        package var reason: String
        package var recipients: [String]
        package var sourceAddress: String?
        package var call: Call?

        package init(
            template: String, reason: String, recipients: [String], sourceAddress: String? = nil, call: Call? = nil
        ) {
            self.sourceAddress = sourceAddress
            self.call = call
            self.template = template
            self.reason = reason
            self.recipients = recipients
        }
    }

    package struct Administered: Hashable, Sendable {
        package var operation: String
        package var principal: String
        package var resource: String
        package var sourceAddress: String
        /// Why, in the words of whoever did it; nil where nobody is asked.
        package var reason: String?
        /// How it was asked for; nil for what the house does by itself.
        package var call: Call?

        package init(
            operation: String, principal: String, resource: String, sourceAddress: String, reason: String? = nil,
            call: Call? = nil
        ) {
            self.call = call
            self.reason = reason
            self.operation = operation
            self.principal = principal
            self.resource = resource
            self.sourceAddress = sourceAddress
        }
    }
}
