// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
package import Access
import Journal
import Mail
package import Monitoring

/// Where every operation is found: by its name, in Query as in JSON (`GraniteServiceVersion20100801.PutMetricAlarm`).
let monitoring = Route.query(service: "monitoring")

/// What the operations on metrics and alarms stand on.
package struct CloudWatchServices: Sendable {
    let access: AccessControl
    let metrics: any MetricStore
    let book: AlarmBook
    let states: any AlarmStore
    let watch: AlarmWatch

    package init(
        access: AccessControl, metrics: any MetricStore, book: AlarmBook, states: any AlarmStore, watch: AlarmWatch
    ) {
        self.access = access
        self.metrics = metrics
        self.book = book
        self.states = states
        self.watch = watch
    }

    /// The caller, once it may do this to an alarm, or to whatever has no name.
    func caller(
        _ operation: String, alarm name: String? = nil, with keys: [String: [String]] = [:], _ context: RequestContext
    ) throws -> Caller {
        let caller = try Caller(context)
        let arn = name.map { book.arn($0, in: caller.account) } ?? "*"
        try access.require("cloudwatch:\(operation)", on: .init(arn), with: keys, as: caller, code: "AccessDenied")
        return caller
    }

    func fact(_ operation: String, _ name: String, _ caller: Caller) -> Fact {
        Fact(
            "cloudwatch:\(operation)", on: book.arn(name, in: caller.account), by: caller, at: book.now())
    }

    /// Keeps an alarm and tells its history.
    func put(_ alarm: Alarm, _ operation: String, _ caller: Caller) async throws {
        if try await book.alarm(alarm.name, in: alarm.account) == nil {
            guard try await book.count(in: alarm.account) < AlarmBook.limit else {
                throw ServiceError("LimitExceeded", "An account has \(AlarmBook.limit) alarms at most.")
            }
        }
        let isNew = try await book.put(alarm, recording: fact(operation, alarm.name, caller))
        try await states.keep(
            nil, of: alarm.name, in: alarm.account,
            history: [.configuration(alarm, isNew ? "created" : "updated", at: book.now())])
    }

    /// An alarm with where it stands.
    func status(of alarm: Alarm, _ known: [String: AlarmStatus]) -> AlarmStatus {
        guard let status = known[alarm.name], status.createdAt == alarm.createdAt else { return AlarmStatus(of: alarm) }
        return status
    }
}

extension ServiceCatalogue {
    /// The operations on metrics and alarms: the same for both of the service's protocols.
    package mutating func addCloudWatch(_ services: CloudWatchServices) {
        add(GetMetricData(services: services))
        add(GetMetricStatistics(services: services))
        add(ListMetrics(services: services))
        add(PutMetricData(services: services))
        add(PutMetricAlarm(services: services))
        add(PutCompositeAlarm(services: services))
        add(DescribeAlarms(services: services))
        add(DescribeAlarmsForMetric(services: services))
        add(DescribeAlarmHistory(services: services))
        add(SetAlarmState(services: services))
        add(EnableAlarmActions(services: services))
        add(DisableAlarmActions(services: services))
        add(DeleteAlarms(services: services))
        add(ListTagsForResource(services: services))
        add(TagResource(services: services))
        add(UntagResource(services: services))
    }
}
