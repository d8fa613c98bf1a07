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

        package init(reason: String, since: Timestamp, needsAction: Bool) {
            self.reason = reason
            self.since = since
            self.needsAction = needsAction
        }
    }

    package let sink: String
    package let source: String
    package let budget: ShippingLimits.Budget
    /// The last record that is durable at the sink, or was passed over.
    package internal(set) var position: Int64 = 0
    /// Records that wait, those that are passed over among them.
    package internal(set) var behindRecords: Int64 = 0
    /// The moment of the oldest record that waits.
    package internal(set) var oldest: Timestamp?
    /// Octets of a record, lately.
    package internal(set) var meanOctets = 0.0
    package internal(set) var sent = 0
    package internal(set) var retried = 0
    package internal(set) var setAside = 0
    package internal(set) var dropped: Int64 = 0
    /// Why nothing arrives now; nil while all is well.
    package internal(set) var trouble: Trouble? {
        didSet { if let trouble { lastTrouble = trouble } }
    }
    /// Why nothing arrived when that was last so, since the start.
    package private(set) var lastTrouble: Trouble?
    /// Whether new mail may be accepted as far as this sink is asked.
    package internal(set) var isAccepting = true

    /// - Parameter budget: how far behind it may be.
    package init(sink: String, source: String, budget: ShippingLimits.Budget = .init()) {
        self.sink = sink
        self.source = source
        self.budget = budget
    }

    /// Octets that wait, estimated from the mean size of what was read lately.
    package var behindOctets: Int { Int(clamping: Int64((Double(behindRecords) * meanOctets).rounded())) }

    /// Age of the oldest record that waits, in seconds.
    package func lag(at moment: Timestamp) -> Double { oldest.map { max(0, moment - $0) } ?? 0 }
}

/// The state where others see it while a batch is under way.
final class ShippingBoard: Sendable {
    private let state: Mutex<ShippingState>

    init(_ first: ShippingState) { state = Mutex(first) }

    var reading: ShippingState { state.withLock { $0 } }

    func update(_ change: (inout sending ShippingState) -> Void) { state.withLock { change(&$0) } }
}
