// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// Delivers what waits in the store: one service for the server's life.
package actor NoticeDelivery {
    /// What it stands on.
    package struct Parts: Sendable {
        let book: TopicBook
        let store: any NoticeStore
        let writer: NoticeWriter
        let poster: any WebhookPosting
        let mail: @Sendable (NoticeMail) async throws -> Void
        let record: @Sendable (Fact) async throws -> Void
        let report: @Sendable (String) -> Void

        /// - Parameters:
        ///   - mail: returns once the mail is queued.
        ///   - record: takes the fact of a notice that was dropped.
        ///   - report: told what went wrong with the house's own parts.
        package init(
            book: TopicBook, store: any NoticeStore, writer: NoticeWriter, poster: any WebhookPosting,
            mail: @escaping @Sendable (NoticeMail) async throws -> Void,
            record: @escaping @Sendable (Fact) async throws -> Void, report: @escaping @Sendable (String) -> Void
        ) {
            self.book = book
            self.store = store
            self.writer = writer
            self.poster = poster
            self.mail = mail
            self.record = record
            self.report = report
        }
    }

    /// The control that the facts of dropped notices name.
    package static let control = "sns-delivery"
    /// Seconds between two looks for what became due.
    private static let pace = 1.0

    private let parts: Parts
    private let now: Now
    private var machine = DeliveryMachine()
    private var isLooking = false
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    package init(_ parts: Parts, now: @escaping Now) {
        self.parts = parts
        self.now = now
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// There is something new.
    nonisolated package func wake() { waker.yield() }

    /// Runs until it is cancelled; what is on its way then stays in the store.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await Task.sleep(for: .seconds(Self.pace))) != nil { self.wake() }
            }
            for await _ in wakes {
                for notice in await next() { group.addTask { await self.deliver(notice) } }
            }
            group.cancelAll()
        }
    }

    /// Delivers all that is due now, and returns when it is done.
    package func deliverDue() async {
        let due = await next()
        await withDiscardingTaskGroup { group in
            for notice in due { group.addTask { await self.deliver(notice) } }
        }
    }

    private func next() async -> [Notice] {
        // Of two who look at the same moment one would begin what the other had delivered in between.
        guard machine.room > 0, !isLooking else { return [] }
        isLooking = true
        defer { isLooking = false }
        do {
            let moment = now()
            let due = try await parts.store.due(at: moment, except: machine.busy(at: moment), limit: machine.room)
            return machine.begin(due, at: moment)
        } catch {
            parts.report("notices cannot be read: \(error)")
            return []
        }
    }

    private func deliver(_ notice: Notice) async {
        do {
            let (outcome, policy) = try await attempt(notice)
            guard !Task.isCancelled else { return }
            try await settle(notice, machine.ended(notice, outcome, policy, at: now()))
            machine.released(notice)
        } catch {
            machine.abandoned(notice, at: now())
            parts.report("notice \(notice.id) of \(notice.subscription): \(error)")
        }
        wake()
    }

    private func attempt(_ notice: Notice) async throws -> (NoticeOutcome, SubscriptionDeliveryPolicy) {
        guard let topic = try await parts.book.topic(notice.subscription.topic),
            let subscription = try await parts.book.subscription(notice.subscription),
            (subscription.pending == nil) == (notice.publication.token == nil)
        else { return (.gone, SubscriptionDeliveryPolicy()) }
        let policy = topic.deliveryPolicy.policy(of: subscription)
        guard subscription.way.isWeb else {
            return (try await send(notice, to: subscription, of: topic), policy)
        }
        guard let address = WebhookAddress(subscription.endpoint) else {
            return (.refused("the endpoint is no address"), policy)
        }
        let post = try await parts.writer.post(notice.publication, to: subscription, of: topic, policy)
        do {
            let status = try await parts.poster.post(post.body, headers: post.headers, to: address)
            return (Self.outcome(status), policy)
        } catch {
            return (error.isFinal ? .refused("\(error)") : .failed("\(error)"), policy)
        }
    }

    private func send(_ notice: Notice, to subscription: Subscription, of topic: Topic) async throws -> NoticeOutcome {
        guard let mailbox = try? Mailbox(parsing: subscription.endpoint) else {
            return .refused("the endpoint is no mail address")
        }
        let mail = try await parts.writer.mail(notice.publication, to: mailbox, subscription, of: topic)
        do { try await parts.mail(mail) } catch { return .failed("\(error)") }
        return .delivered
    }

    // Of answers only those count as worth another try that SNS takes so.
    static func outcome(_ status: Int) -> NoticeOutcome {
        switch status {
        case 200..<300: .delivered
        case 429, 500...: .failed("HTTP status \(status)")
        default: .refused("HTTP status \(status)")
        }
    }

    // What was dropped is on record before it is forgotten.
    private func settle(_ notice: Notice, _ settlement: NoticeSettlement) async throws {
        switch settlement {
        case .done: try await parts.store.settle(notice.id)
        case .again(let attempts, let moment):
            try await parts.store.postpone(notice.id, attempts: attempts, to: moment)
        case .dropped(let why):
            try await parts.record(
                Self.dropped(notice.publication.messageID, notice.subscription, why, at: now()))
            try await parts.store.settle(notice.id)
        }
    }

    static func dropped(_ messageID: String, _ arn: SubscriptionARN, _ why: String, at moment: Timestamp) -> Fact {
        let event = Fact.Warned(control: control, subject: "\(arn)", reason: "message \(messageID) was dropped: \(why)")
        return Fact(at: moment, account: arn.topic.account, message: nil, event: .warned(event))
    }
}
