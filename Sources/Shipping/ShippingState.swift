// SPDX-License-Identifier: Apache-2.0

package import Mail
import Synchronization

/// How one sink stands with one source: for metrics, `/health` and `postern doctor`.
package struct ShippingState: Hashable, Sendable {
    package struct Trouble: Hashable, Sendable {
        package let reason: String
        package let since: Timestamp
        /// Whether somebody has to act before anything can succeed.
        package let needsAction: Bool
    }

    package let sink: String
    package let source: String
    /// The last record that is durable at the sink, or was passed over.
    package internal(set) var position: Int64 = 0
    /// Records that wait, those that are passed over among them.
    package internal(set) var behindRecords: Int64 = 0
    /// The moment of the oldest record that waits.
    package internal(set) var oldest: Timestamp?
    package internal(set) var sent = 0
    package internal(set) var retried = 0
    package internal(set) var setAside = 0
    package internal(set) var dropped: Int64 = 0
    /// Why nothing arrives now; nil while all is well.
    package internal(set) var trouble: Trouble?
    /// Whether new mail may be accepted as far as this sink is asked.
    package internal(set) var isAccepting = true

    /// Age of the oldest record that waits, in seconds.
    package func lag(at moment: Timestamp) -> Double { oldest.map { max(0, moment - $0) } ?? 0 }
}

/// The state where others see it while a batch is under way.
final class ShippingBoard: Sendable {
    private let state: Mutex<ShippingState>

    init(sink: String, source: String) { state = Mutex(ShippingState(sink: sink, source: source)) }

    var reading: ShippingState { state.withLock { $0 } }

    func update(_ change: (inout sending ShippingState) -> Void) { state.withLock { change(&$0) } }
}
