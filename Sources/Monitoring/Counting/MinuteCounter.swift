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

    private struct Key: Hashable {
        let account: AccountID
        let metric: Metric
        let minute: Int64
    }

    private var totals: [Key: StatisticSet] = [:]
    private let ownDomains: [AccountID: Set<String>]

    /// - Parameter ownDomains: the verified domains of each account, in lower case: mail to them says nothing of how the
    ///   account sends to others.
    package init(ownDomains: [AccountID: Set<String>] = [:]) { self.ownDomains = ownDomains }

    /// - Parameter message: what is known of the message that the fact is about.
    package mutating func count(_ fact: Fact, of message: MessageDimensions?) {
        switch fact.event {
        case .accepted: add("Send", 1, fact, message?.dimensions)
        case .delivered(let outcome):
            add("Delivery", outcome.recipients.count, fact, message, outcome)
            addReputation(Self.volume, outcome.recipients, fact, message)
        case .deferred(let outcome): add("DeliveryDelay", outcome.recipients.count, fact, message, outcome)
        case .bounced(let outcome):
            add("Bounce", outcome.recipients.count, fact, message, outcome)
            countBounce(outcome, fact, message)
        case .complained(let complaint):
            add("Complaint", complaint.recipients.count, fact, message?.dimensions)
            if complaint.subType == nil { addReputation(Self.complaint, complaint.recipients, fact, message) }
        case .refused(let refused):
            let caller = MessageDimensions.callerName(refused.principal)
            let dimensions = [
                (MessageDimensions.caller, caller), (MessageDimensions.sourceAddress, refused.sourceAddress),
            ]
            add("Reject", 1, fact, dimensions.compactMap { name, value in value.map { Dimension(name, $0) } })
        case .renderingFailed: add("RenderingFailure", 1, fact, message?.dimensions)
        default: return
        }
    }

    /// What was counted, in a fixed order.
    package var samples: [MetricSample] {
        totals.map { key, statistics in
            MetricSample(
                account: key.account, metric: key.metric, unit: "Count", minute: key.minute, statistics: statistics)
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

    private mutating func add(
        _ name: String, _ count: Int, _ fact: Fact, _ message: MessageDimensions?, _ outcome: Fact.Outcome
    ) {
        let left = outcome.address.map { [Dimension(MessageDimensions.outgoingAddress, $0)] } ?? []
        add(name, count, fact, (message?.dimensions ?? []) + left)
    }

    private mutating func add(_ name: String, _ count: Int, _ fact: Fact, _ dimensions: [Dimension]?) {
        guard count > 0 else { return }
        // One value for each, as SES publishes them: SampleCount and Sum are alike.
        let statistics = StatisticSet(1, times: Double(count))
        add(Metric(Self.namespace, name), statistics, fact)
        for dimension in dimensions ?? [] where (1...1024).contains(dimension.value.utf8.count) {
            add(Metric(Self.namespace, name, [dimension]), statistics, fact)
        }
    }

    private mutating func addReputation(
        _ name: String, _ recipients: [String], _ fact: Fact, _ message: MessageDimensions?
    ) {
        let own = ownDomains[fact.account] ?? []
        let count = recipients.count { !SimulatorAddress.isOne($0) && !Self.isWithin(own, $0) }
        guard count > 0 else { return }
        let statistics = StatisticSet(1, times: Double(count))
        add(Metric(Self.reputation, name), statistics, fact)
        if let set = message?.configurationSet {
            add(Metric(Self.reputation, name, [Dimension(MessageDimensions.configurationSet, set)]), statistics, fact)
        }
    }

    private mutating func add(_ metric: Metric, _ statistics: StatisticSet, _ fact: Fact) {
        let seconds = fact.at.seconds
        let key = Key(account: fact.account, metric: metric, minute: seconds - ((seconds % 60) + 60) % 60)
        if totals[key]?.add(statistics) == nil { totals[key] = statistics }
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
