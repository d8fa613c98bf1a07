// SPDX-License-Identifier: Apache-2.0

package import Mail
import Synchronization

/// How long the last messages took to be accepted: known to nobody else, for a fact is written before it is durable.
/// Bounded: the oldest go first.
package final class AcceptTimes: Sendable {
    package struct Time: Hashable, Sendable {
        /// When the message was on stable storage.
        package let end: Timestamp
        /// Since it was here whole.
        package let seconds: Double

        package init(end: Timestamp, seconds: Double) {
            self.end = end
            self.seconds = seconds
        }
    }

    private let recent: Mutex<Recent<MessageID, Time>>

    package init(capacity: Int = 20_000) { recent = Mutex(Recent(capacity: capacity)) }

    package func note(_ message: MessageID, _ time: Time) { recent.withLock { $0[message] = time } }

    package func time(of message: MessageID) -> Time? { recent.withLock { $0[message] } }
}

/// What was put in last, by key: at most `capacity` of them.
struct Recent<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let capacity: Int
    private var values: [Key: Value] = [:]
    /// A ring of the keys, in the order in which they came.
    private var order: [Key] = []
    private var oldest = 0

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { values.count }

    subscript(key: Key) -> Value? {
        get { values[key] }
        set {
            guard let newValue, values.updateValue(newValue, forKey: key) == nil else { return }
            if order.count < capacity {
                order.append(key)
            } else {
                values[order[oldest]] = nil
                order[oldest] = key
                oldest = (oldest + 1) % capacity
            }
        }
    }
}
