// SPDX-License-Identifier: Apache-2.0

package import Trail

/// Every record of the trail, as Splunk's add-on for AWS knows them.
package struct TrailShipments: ShipmentSource {
    package let name = "trail"
    private let trail: any TrailStore
    private let host: String

    package init(_ trail: any TrailStore, host: String) {
        self.trail = trail
        self.host = host
    }

    package func page(after position: Int64, limit: Int) async throws -> ShipmentPage {
        let records = try await trail.records(after: position, limit: limit)
        return ShipmentPage(
            shipments: records.map { stored in
                Shipment(
                    sequence: stored.sequence, at: stored.record.at, source: "postern:trail",
                    sourcetype: "aws:cloudtrail", host: host, kind: .trail, json: stored.record.json)
            },
            last: records.last?.sequence ?? position, isFull: records.count == limit)
    }
}
