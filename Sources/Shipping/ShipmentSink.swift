// SPDX-License-Identifier: Apache-2.0

/// Where copies go. One sink, one file: it writes a batch in its own words and says what became of it.
///
/// A shipper never has two batches under way at one sink.
package protocol ShipmentSink: Sendable {
    /// Returns when the batch is durable there as far as the protocol can tell, or with why not. Never waits forever.
    func send(_ batch: [Shipment]) async -> ShipmentVerdict
    func close() async
}

extension ShipmentSink {
    package func close() async {}
}

/// What became of a batch. Reasons are for people; they may hold what a far side said.
package enum ShipmentVerdict: Hashable, Sendable {
    /// - Parameter rest: seconds that the sink asks to be left alone.
    case durable(rest: Double = 0)
    /// It can succeed later, unchanged; no sooner than `after` seconds, where the sink said so.
    case retry(String, after: Double? = nil)
    /// The record at this place is wrong. Those before it may be there.
    case split(at: Int, String)
    /// This batch can never succeed: something in it is wrong, or it is too large.
    case never(String)
    /// No batch can succeed until somebody acts: a token, an address, an index is wrong.
    case stop(String)
}
