// SPDX-License-Identifier: Apache-2.0

import Journal
import Mail
import Testing

@testable import Monitoring

@Suite("Facts folded to minutes")
struct MinuteCounterTests {
    private static let account = AccountID("111122223333")!
    private static let message = MessageDimensions(
        Fact.Accepted(
            door: "smtp", principal: "arn:aws:iam::111122223333:user/apps/shop", reversePath: "",
            from: "a@Rome.example",
            recipients: ["b@oslo.example"], identity: "", size: 1, sourceAddress: "192.0.2.1", configurationSet: "news",
            tags: ["campaign": "may", "order": "7"]), tags: ["campaign"])

    private static func fact(_ event: Fact.Event, at seconds: Int64 = 90) -> Fact {
        Fact(at: Timestamp(seconds: seconds), account: account, message: nil, event: event)
    }

    private static func outcome(
        _ recipients: [String], attempt: Int = 1, type: String? = nil, subType: String = "General",
        expires: Int64? = nil
    ) -> Fact.Outcome {
        Fact.Outcome(
            recipients: recipients, attempt: attempt, peer: "", reply: "", tls: nil, milliseconds: 1,
            expires: expires, address: "198.51.100.7",
            verdict: type.map { .init(type: $0, subType: subType, party: "recipient", delay: "", rule: "") })
    }

    /// `Metric[dimension=value] minute` and how often.
    private static func counts(_ counter: MinuteCounter, _ namespace: String = MinuteCounter.namespace) -> [String:
        Double]
    {
        var counts: [String: Double] = [:]
        for sample in counter.samples where sample.metric.namespace == namespace {
            let dimensions = sample.metric.dimensions.map { "[\($0.name)=\($0.value)]" }.joined()
            counts["\(sample.metric.name)\(dimensions) \(sample.minute)"] = sample.statistics.sum
        }
        return counts
    }

    @Test("a message counts once for its account and once for each of its dimensions")
    func dimensions() {
        var counter = MinuteCounter()
        let accepted = Fact.Accepted(
            door: "smtp", principal: "", reversePath: "", from: "", recipients: [], identity: "", size: 1,
            sourceAddress: "")
        counter.count(Self.fact(.accepted(accepted)), of: Self.message)
        counter.count(Self.fact(.delivered(Self.outcome(["b@oslo.example", "c@oslo.example"])), at: 121), of: nil)
        #expect(
            Self.counts(counter) == [
                "Send 60": 1, "Send[ses:configuration-set=news] 60": 1, "Send[ses:caller-identity=shop] 60": 1,
                "Send[ses:from-domain=rome.example] 60": 1, "Send[ses:source-ip=192.0.2.1] 60": 1,
                "Send[campaign=may] 60": 1, "Delivery 120": 2, "Delivery[ses:outgoing-ip=198.51.100.7] 120": 2,
            ])
        #expect(counter.samples.first?.statistics == StatisticSet(count: 1, sum: 1, minimum: 1, maximum: 1))
    }

    @Test("every kind of fact has its metric")
    func kinds() {
        var counter = MinuteCounter()
        let recipients = ["b@oslo.example", "c@oslo.example"]
        for event: Fact.Event in [
            .deferred(Self.outcome(recipients, type: "Transient", expires: 9_000)),
            .deferred(Self.outcome(recipients, type: "Transient")),
            .deferred(Self.outcome([recipients[0]], attempt: 0, type: "Transient")),
            .bounced(Self.outcome(recipients, type: "Permanent")),
            .complained(.init(recipients: [recipients[0]], feedbackType: "abuse", userAgent: "")),
            .refused(
                .init(
                    door: "api", principal: "arn:aws:iam::111122223333:root", control: "iam", reason: "",
                    sourceAddress: "192.0.2.9")),
            .renderingFailed(.init(template: "t", reason: "", recipients: recipients)),
            .administered(.init(operation: "", principal: "", resource: "", sourceAddress: "")),
        ] { counter.count(Self.fact(event), of: nil) }
        let counts = Self.counts(counter).filter { !$0.key.contains("outgoing") }
        #expect(
            counts == [
                "DeliveryDelay 60": 3, "Bounce 60": 2, "Complaint 60": 1, "Reject 60": 1,
                "Reject[ses:caller-identity=root] 60": 1, "Reject[ses:source-ip=192.0.2.9] 60": 1,
                "RenderingFailure 60": 1,
            ])
    }

    @Test("reputation leaves out the simulator, own domains, suppressed addresses and soft bounces")
    func reputation() {
        var counter = MinuteCounter(ownDomains: [Self.account: ["own.example"]])
        let mixed = [
            "b@oslo.example", "bounce@simulator.amazonses.com", "c@own.example", "d@in.OWN.example", "e@notown.example",
        ]
        counter.count(Self.fact(.delivered(Self.outcome(mixed))), of: Self.message)
        counter.count(Self.fact(.bounced(Self.outcome(mixed, type: "Permanent"))), of: nil)
        counter.count(Self.fact(.bounced(Self.outcome(mixed, type: "Transient"))), of: nil)
        for subType in ["OnAccountSuppressionList", "Suppressed"] {
            counter.count(
                Self.fact(.bounced(Self.outcome(mixed, attempt: 0, type: "Permanent", subType: subType))), of: nil)
        }
        // A report that came later is of a recipient who was counted when the message left.
        counter.count(Self.fact(.bounced(Self.outcome(["b@oslo.example"], attempt: 0, type: "Permanent"))), of: nil)
        counter.count(
            Self.fact(.complained(.init(recipients: mixed, feedbackType: "abuse", userAgent: ""))), of: Self.message)
        counter.count(
            Self.fact(
                .complained(
                    .init(recipients: mixed, feedbackType: "abuse", userAgent: "", subType: "OnAccountSuppressionList"))
            ),
            of: nil)
        #expect(
            Self.counts(counter, MinuteCounter.reputation) == [
                "Volume 60": 6, "Volume[ses:configuration-set=news] 60": 2, "HardBounce 60": 3, "Complaint 60": 2,
                "Complaint[ses:configuration-set=news] 60": 2,
            ])
    }

    @Test(
        "a caller is known by the last of its name",
        arguments: [
            ("arn:aws:iam::111122223333:user/apps/shop", "shop"), ("arn:aws:iam::111122223333:root", "root"),
            ("arn:aws:sts::111122223333:assumed-role/mailer/i-1", "mailer"), ("postern", nil), ("", nil),
        ] as [(String, String?)])
    func callers(_ principal: String, _ name: String?) {
        #expect(MessageDimensions.callerName(principal) == name)
    }

    @Test("dimensions of one set have one text, and come back out of it")
    func texts() {
        let dimensions = [Dimension("b", "\"1\u{2028}"), Dimension("a", "é")]
        let metric = Metric("N", "m", dimensions)
        #expect(metric == Metric("N", "m", dimensions.reversed()))
        #expect(Metric.dimensions(metric.dimensionsText) == [Dimension("a", "é"), Dimension("b", "\"1\u{2028}")])
        #expect(Metric.dimensions("[[\"a\"]]") == nil)
    }
}
