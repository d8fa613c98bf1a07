// SPDX-License-Identifier: Apache-2.0

/// Where records are copied from: read again from any position, for the originals stay where they are.
package protocol ShipmentSource: Sendable {
    /// A cursor is kept under it: `trail`, `messages:spool`.
    var name: String { get }
    /// What is found among at most `limit` records after `position`, oldest first.
    func page(after position: Int64, limit: Int) async throws -> ShipmentPage
}

/// Some of the next shipments of a source, and how far they were looked for.
package struct ShipmentPage: Hashable, Sendable {
    package let shipments: [Shipment]
    /// Where to read on: the last record that was looked at, whether it is shipped or not.
    package let last: Int64
    /// Whether as many were looked at as might be, so that there may be more.
    package let isFull: Bool

    package init(shipments: [Shipment], last: Int64, isFull: Bool) {
        self.shipments = shipments
        self.last = last
        self.isFull = isFull
    }
}

extension ShipmentSource {
    /// The newest position, found with reads of one record: twice the logarithm of how many there are after `position`.
    func newest(after position: Int64) async throws -> Int64 {
        var low = position
        guard try await exists(after: low) else { return low }
        var stride: Int64 = 1
        while stride < 1 << 40, try await exists(after: low + stride) {
            low += stride
            stride *= 2
        }
        var high = low + stride
        while low < high {
            let middle = low + (high - low) / 2
            if try await exists(after: middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func exists(after position: Int64) async throws -> Bool {
        try await page(after: position, limit: 1).last > position
    }
}
