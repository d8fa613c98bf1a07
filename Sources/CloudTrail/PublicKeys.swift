// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Mail
import Trail

/// The keys whose signatures digests of a time may bear.
struct ListPublicKeys: Operation {
    static let route = trailRoute

    struct Input: Decodable {
        /// Epoch seconds.
        var startTime: Double?
        var endTime: Double?
    }
    struct Output: Encodable {
        struct Key: Encodable {
            let value: Blob
            let validityStartTime: Moment
            let validityEndTime: Moment
            let fingerprint: String
        }
        let publicKeyList: [Key]
    }

    let services: TrailServices

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        _ = try services.caller(Self.name, context)
        let (start, end) = (input.startTime ?? 0, input.endTime ?? 1e11)
        guard start <= end else {
            throw ServiceError("InvalidTimeRangeException", "The start time is after the end time.")
        }
        let keys = try await services.archive.keyring.publicKeys()
        return Output(
            publicKeyList: keys.filter { Double($0.validFrom.seconds) <= end && Double($0.validTo.seconds) >= start }
                .map {
                    .init(
                        value: Blob($0.der), validityStartTime: Moment(milliseconds: $0.validFrom.milliseconds),
                        validityEndTime: Moment(milliseconds: $0.validTo.milliseconds), fingerprint: $0.fingerprint)
                })
    }
}
