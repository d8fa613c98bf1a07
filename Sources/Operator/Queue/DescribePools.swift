// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Queue

/// The addresses that mail leaves from, and the way from each to every site it is used for, with all limits.
struct DescribePools: Operation {
    static let route = Route.json(prefix: "Postern")
    static let maximumPaths = 1_000

    struct Input: Decodable {
        var site: String?
        var ip: String?
    }

    let services: QueueServices

    func run(_ input: Input, as context: RequestContext) async throws -> PoolReport {
        try services.requireManagement(Self.name, as: try Caller(context))
        let addresses = await services.desk.queue.addresses()
        let paths = await services.desk.queue.paths(site: input.site, address: input.ip)
        return PoolReport(
            addresses: addresses.map { .init($0) }, paths: paths.prefix(Self.maximumPaths).map { .init($0) },
            warmupPlan: await services.desk.queue.addressPlan.map { plan in
                (1...WarmUpPlan.length).map { plan.limit(on: $0) }
            }
                ?? [],
            truncated: paths.count > Self.maximumPaths)
    }
}

extension PoolReport.Address {
    init(_ snapshot: AddressSnapshot) {
        ip = snapshot.value.egress.address ?? "system"
        hostname = snapshot.value.egress.hostname
        pool = snapshot.value.egress.pool?.description
        draining = snapshot.value.isDraining
        warmupDay = snapshot.warmth?.day
        warmupDays = WarmUpPlan.length
        sentToday = snapshot.sentToday
        allowedToday = snapshot.allowedToday
    }
}

extension PoolReport.Path {
    init(_ snapshot: PathSnapshot) {
        ip = snapshot.address ?? "system"
        site = snapshot.site
        underWay = snapshot.inFlight
        connectionWindow = snapshot.window
        sentToday = snapshot.sentToday
        waitingLanes = snapshot.waitingLanes
        limits = snapshot.limits.map { limit in
            PoolReport.Limit(
                limit: limit.text, rule: limit.rule,
                until: limit.until.map { Moment(milliseconds: $0.milliseconds) },
                reply: limit.reply.isEmpty ? nil : limit.reply)
        }
    }
}
