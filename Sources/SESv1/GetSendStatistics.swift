// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// The account's sending of the last two weeks in quarters of an hour; those in which nothing happened are left out.
///
/// Attempts are accepted messages, bounces and complaints are recipients, and rejects are sends that were refused.
struct GetSendStatistics: Operation {
    static let route = Route.query(service: "ses")
    struct Output: Encodable {
        let sendDataPoints: [DataPoint]
    }

    struct DataPoint: Encodable {
        let timestamp: Moment
        let deliveryAttempts: Int
        let bounces: Int
        let complaints: Int
        let rejects: Int

        init(_ point: SendDataPoint) {
            timestamp = Moment(milliseconds: point.at.milliseconds)
            deliveryAttempts = point.deliveryAttempts
            bounces = point.bounces
            complaints = point.complaints
            rejects = point.rejects
        }
    }

    let services: SESv1Services

    func run(_ input: Empty, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let points = try await services.counts.dataPoints(in: caller.account, until: services.now())
        return Output(sendDataPoints: points.map(DataPoint.init))
    }
}
