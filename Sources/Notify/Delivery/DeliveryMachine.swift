// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What came of one try.
package enum NoticeOutcome: Hashable, Sendable {
    case delivered
    /// It may be better later: no connection, 5xx, 429.
    case failed(String)
    /// It will not: another answer of 4xx, an address that is not spoken to.
    case refused(String)
    /// Nobody waits for it any more.
    case gone
}

/// What is to be written about a notice after a try.
package enum NoticeSettlement: Hashable, Sendable {
    case done
    case again(attempts: Int, at: Timestamp)
    case dropped(String)
}

/// Which notices are on their way, and what becomes of them: events in, settlements out; time is what it is told.
///
/// - A subscription has one notice on its way at most, an account `share`, all together have `concurrency`: nobody's mute
///   webhooks take every place.
/// - `begin` takes what is due; each notice that it gives back must be `ended` once, and `released` when what came of it
///   is written. Before that the store still shows it as due, and whoever looks would send it a second time.
/// - A notice is retried as its policy says, but not beyond a day after it was published: what waits behind a far side
///   that is down for long does not wait for ever.
package struct DeliveryMachine: Sendable {
    package static let concurrency = 32
    package static let share = 16
    /// Seconds after which nobody wants a notice any more.
    package static let lifetime = 86_400.0

    private var onTheirWay: [SubscriptionARN: Timestamp] = [:]
    /// Where the policy limits the posts of a second.
    private var pauses: [SubscriptionARN: Timestamp] = [:]

    package init() {}

    /// How many more may begin.
    package var room: Int { Self.concurrency - onTheirWay.count }

    /// Subscriptions of which nothing may begin now.
    package mutating func busy(at moment: Timestamp) -> Set<SubscriptionARN> {
        pauses = pauses.filter { $0.value > moment }
        return Set(onTheirWay.keys).union(pauses.keys)
    }

    /// - Returns: those that are to be tried now.
    package mutating func begin(_ notices: [Notice], at moment: Timestamp) -> [Notice] {
        let busy = busy(at: moment)
        var begun: [Notice] = []
        var places = Dictionary(grouping: onTheirWay.keys, by: \.topic.account).mapValues(\.count)
        for notice in notices where room > 0 && notice.dueAt <= moment {
            let account = notice.subscription.topic.account
            guard onTheirWay[notice.subscription] == nil, !busy.contains(notice.subscription),
                places[account, default: 0] < Self.share
            else { continue }
            places[account, default: 0] += 1
            onTheirWay[notice.subscription] = moment
            begun.append(notice)
        }
        return begun
    }

    /// - Returns: what is to be written before the notice is `released`.
    package mutating func ended(
        _ notice: Notice, _ outcome: NoticeOutcome, _ policy: SubscriptionDeliveryPolicy, at moment: Timestamp
    ) -> NoticeSettlement {
        let begun = onTheirWay[notice.subscription] ?? moment
        if let limit = policy.receivesPerSecond {
            pauses[notice.subscription] = begun + 1 / Double(max(limit, 1))
        }
        switch outcome {
        case .delivered, .gone: return .done
        case .refused(let why): return .dropped(why)
        case .failed(let why):
            let attempts = notice.attempts + 1
            guard let delay = policy.retry.delay(before: attempts) else {
                return .dropped("\(why), after \(attempts) tries")
            }
            let next = moment + delay
            guard next - notice.publication.at <= Self.lifetime else { return .dropped("\(why), for a day") }
            return .again(attempts: attempts, at: next)
        }
    }

    /// What came of it is written: another one of its subscription may begin.
    package mutating func released(_ notice: Notice) { onTheirWay[notice.subscription] = nil }

    /// A try of which nothing can be said: the house itself failed. The notice stays as it is.
    package mutating func abandoned(_ notice: Notice, at moment: Timestamp) {
        onTheirWay[notice.subscription] = nil
        pauses[notice.subscription] = moment + 5
    }
}
