// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// Facts folded to minutes: SES's metrics (SES developer guide, "Monitoring your Amazon SES sending activity using
/// CloudWatch") by account and by each dimension of the message, and what the reputation is made of.
///
/// Send counts messages; Delivery, Bounce, Complaint and DeliveryDelay count recipients. Reject counts sends that the gate
/// turned away, by caller and address.
package struct MinuteCounter: Sendable {
    package static let namespace = "AWS/SES"
    /// What reputation is computed from: recipients that count.
    package static let reputation = "Postern/Reputation"
    package static let volume = "Volume"
    package static let hardBounce = "HardBounce"
    package static let complaint = "Complaint"
    package static let kinds: Set<Fact.Event.Kind> = [
        .accepted, .delivered, .deferred, .bounced, .complained, .refused, .renderingFailed,
    ]

    /// Facts that are counted together: a message has few of its own kind of sender, and a page of facts has many messages.
    private struct Group: Hashable {
        let account: AccountID
        let namespace: String
        let name: String
        let minute: Int64
        let message: MessageDimensions?
        let outgoingAddress: String?
    }

    private var counts: [Group: Int] = [:]
    private let ownDomains: [AccountID: Set<String>]

    /// - Parameter ownDomains: the verified domains of each account, in lower case: mail to them says nothing of how the
    ///   account sends to others.
    package init(ownDomains: [AccountID: Set<String>] = [:]) { self.ownDomains = ownDomains }

    /// - Parameter message: what is known of the message that the fact is about.
    package mutating func count(_ fact: Fact, of message: MessageDimensions?) {
        guard message?.isHouse != true else { return }
        switch fact.event {
        case .accepted: add("Send", 1, fact, message)
        case .delivered(let outcome):
            add("Delivery", outcome.recipients.count, fact, message, outcome.address)
            addReputation(Self.volume, outcome.recipients, fact, message)
        // Not each try, but the moments at which SES tells of a delay; and what others report of theirs.
        case .deferred(let outcome) where outcome.expires != nil || outcome.attempt == 0:
            add("DeliveryDelay", outcome.recipients.count, fact, message, outcome.address)
        case .bounced(let outcome):
            add("Bounce", outcome.recipients.count, fact, message, outcome.address)
            countBounce(outcome, fact, message)
        case .complained(let complaint):
            add("Complaint", complaint.recipients.count, fact, message)
            if complaint.subType == nil { addReputation(Self.complaint, complaint.recipients, fact, message) }
        case .refused(let refused): add("Reject", 1, fact, MessageDimensions(refused))
        case .renderingFailed: add("RenderingFailure", 1, fact, message)
        default: return
        }
    }

    /// What was counted, in a fixed order.
    package var samples: [MetricSample] {
        var totals: [Series: Int] = [:]
        for (group, count) in counts {
            for metric in Self.metrics(of: group) {
                totals[Series(account: group.account, metric: metric, minute: group.minute), default: 0] += count
            }
        }
        // One value for each, as SES publishes them: SampleCount and Sum are alike.
        return totals.map { series, count in
            MetricSample(
                account: series.account, metric: series.metric, unit: "Count", minute: series.minute,
                statistics: StatisticSet(1, times: Double(count)))
        }.sorted { left, right in
            (left.minute, left.account.description, left.metric.namespace, left.metric.name, left.metric.dimensionsText)
                < (
                    right.minute, right.account.description, right.metric.namespace, right.metric.name,
                    right.metric.dimensionsText
                )
        }
    }

    // Only hard bounces say something of the list that was sent to; what a suppression list stopped never left.
    private mutating func countBounce(_ outcome: Fact.Outcome, _ fact: Fact, _ message: MessageDimensions?) {
        let isSuppressed = ["OnAccountSuppressionList", "Suppressed"].contains(outcome.verdict?.subType)
        guard !isSuppressed else { return }
        // Attempt 0 is a report about a delivery that was counted already.
        if outcome.attempt > 0 { addReputation(Self.volume, outcome.recipients, fact, message) }
        if outcome.verdict?.type == "Permanent" { addReputation(Self.hardBounce, outcome.recipients, fact, message) }
    }

    private struct Series: Hashable {
        let account: AccountID
        let metric: Metric
        let minute: Int64
    }

    // The account's, and one for each dimension.
    private static func metrics(of group: Group) -> [Metric] {
        var dimensions = group.message?.dimensions ?? []
        if group.namespace == reputation { dimensions.removeAll { $0.name != MessageDimensions.configurationSet } }
        if let address = group.outgoingAddress {
            dimensions.append(Dimension(MessageDimensions.outgoingAddress, address))
        }
        return [Metric(group.namespace, group.name)]
            + dimensions.filter { (1...1024).contains($0.value.utf8.count) }
            .map { Metric(group.namespace, group.name, [$0]) }
    }

    private mutating func add(
        _ name: String, _ count: Int, _ fact: Fact, _ message: MessageDimensions?, _ outgoingAddress: String? = nil,
        in namespace: String = namespace
    ) {
        guard count > 0 else { return }
        let seconds = fact.at.seconds
        let group = Group(
            account: fact.account, namespace: namespace, name: name, minute: seconds - ((seconds % 60) + 60) % 60,
            message: message, outgoingAddress: outgoingAddress)
        counts[group, default: 0] += count
    }

    private mutating func addReputation(
        _ name: String, _ recipients: [String], _ fact: Fact, _ message: MessageDimensions?
    ) {
        let own = ownDomains[fact.account] ?? []
        let count = recipients.count { !SimulatorAddress.isOne($0) && !Self.isWithin(own, $0) }
        add(name, count, fact, message, in: Self.reputation)
    }

    /// Whether an address is at one of the domains, or under it.
    static func isWithin(_ domains: Set<String>, _ address: String) -> Bool {
        guard !domains.isEmpty, let name = MessageDimensions.domain(of: address) else {
            return false
        }
        var domain = Substring(name)
        while !domain.isEmpty {
            if domains.contains(String(domain)) { return true }
            guard let dot = domain.firstIndex(of: ".") else { return false }
            domain = domain[domain.index(after: dot)...]
        }
        return false
    }
}
