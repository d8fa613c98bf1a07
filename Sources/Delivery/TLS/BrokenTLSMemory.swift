// SPDX-License-Identifier: Apache-2.0

package import Mail
import Synchronization

/// Hosts that offer TLS and cannot do it: for an hour they are spoken to in clear at once, where that is allowed.
///
/// It serves opportunistic TLS alone. What must be protected is tried with TLS each time.
/// Limits: 10,000 hosts; the one remembered longest goes for a new one.
package final class BrokenTLSMemory: Sendable {
    package static let capacity = 10_000
    /// Seconds.
    package static let lifetime = 3_600.0

    private struct State {
        var until: [String: Timestamp] = [:]
        var ring: [String] = []
        var oldest = 0
    }

    private let state = Mutex(State())
    private let now: Now
    private let capacity: Int

    package init(now: @escaping Now, capacity: Int = BrokenTLSMemory.capacity) {
        self.now = now
        self.capacity = max(capacity, 1)
    }

    /// A handshake with the host failed.
    package func remember(_ host: String) {
        let until = now() + Self.lifetime
        state.withLock { state in
            guard state.until.updateValue(until, forKey: host) == nil else { return }
            guard state.ring.count == capacity else { return state.ring.append(host) }
            state.until[state.ring[state.oldest]] = nil
            state.ring[state.oldest] = host
            state.oldest = (state.oldest + 1) % capacity
        }
    }

    package func contains(_ host: String) -> Bool {
        let moment = now()
        return state.withLock { $0.until[host].map { moment < $0 } ?? false }
    }
}
