// SPDX-License-Identifier: Apache-2.0

/// A delivery that may go now, and by which way: what the schedule gives out.
package struct Assignment: Hashable, Sendable {
    package let delivery: PendingDelivery
    package let egress: Egress
    /// The provider that limits are counted by: `gmail`, the MX hosts rolled up, `relay`, `capture`.
    package let site: String
    /// Mails one connection may carry; nil for the transport's own limit. With the name of the rule that says so.
    package let mailsPerConnection: Int?
    package let rule: String?
    /// Recipients one transaction may name; nil for all of them at once.
    package let recipientsPerMessage: Int?
    /// Nobody has answered on the path lately, and it has not been found dead: whoever is there is waited for briefly.
    package let isFirstContact: Bool

    package init(
        delivery: PendingDelivery, egress: Egress, site: String, mailsPerConnection: Int? = nil, rule: String? = nil,
        recipientsPerMessage: Int? = nil, isFirstContact: Bool = false
    ) {
        self.delivery = delivery
        self.egress = egress
        self.site = site
        self.mailsPerConnection = mailsPerConnection
        self.rule = rule
        self.recipientsPerMessage = recipientsPerMessage
        self.isFirstContact = isFirstContact
    }
}

/// What a try showed of the way it took, for the schedule to learn from.
package struct PathReport: Hashable, Sendable {
    package enum Result: Hashable, Sendable {
        /// The peer took, or judged, the mail: the way is open.
        case open
        /// No host of the site could be spoken to, or the session broke down.
        case unreachable(reply: String)
        /// Nothing was tried: the fault is ours, or the domain has no way at all.
        case untried
    }

    package let result: Result
    /// Messages the peer took, for rates and warm-up.
    package let sent: Int
    package let lessons: [Lesson]

    package init(result: Result, sent: Int, lessons: [Lesson] = []) {
        self.result = result
        self.sent = sent
        self.lessons = lessons
    }
}

/// What a peer's reply teaches about a way, by a rule, for a time.
package struct Lesson: Hashable, Sendable {
    package enum Act: Hashable, Sendable {
        /// Nothing goes from this address to this site.
        case suspendPath
        /// Nothing goes to this site from anywhere.
        case suspendSite
        /// This address leaves the site's rotation; others of its pool go on.
        case switchAddress
        /// So many connections at most.
        case connections(Int)
        /// So many messages in so many seconds at most.
        case rate(messages: Int, seconds: Double)
    }

    package let act: Act
    /// Seconds it holds.
    package let duration: Double
    /// Name of the provider rule.
    package let rule: String
    /// The peer's words.
    package let reply: String
    /// So many such replies within an hour before it is believed.
    package let threshold: Int

    package init(act: Act, duration: Double, rule: String, reply: String, threshold: Int = 1) {
        self.act = act
        self.duration = duration
        self.rule = rule
        self.reply = reply
        self.threshold = threshold
    }
}

/// Finds the site of a destination domain: the provider behind its mail exchangers. Never throws: a domain without a way
/// is a site of its own name, and the try itself says what is wrong.
package protocol SiteFinder: Sendable {
    /// - Returns: the site's name and how many seconds it may be believed.
    func site(of domain: String) async -> (site: String, lifetime: Double)
}

/// Every domain is a site of its own: what a next hop, or the inbox on this machine, needs.
package struct DomainSites: SiteFinder {
    package init() {}

    package func site(of domain: String) async -> (site: String, lifetime: Double) { (domain, 3600) }
}
