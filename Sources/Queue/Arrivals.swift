// SPDX-License-Identifier: Apache-2.0

import Mail
import Synchronization

/// Deliveries on their way from acceptance to the schedule.
///
/// A message is known here from before it is stored until its deliveries are announced: a read of the spool that found
/// them first would have them tried, and settled, before they are announced, and so tried once more.
final class Arrivals: Sendable {
    private struct State {
        var coming: Set<MessageID> = []
        var stored: [PendingDelivery] = []
        var isFetching = false
    }

    private let state = Mutex(State())

    var coming: Set<MessageID> { state.withLock { $0.coming } }

    func begin(_ message: MessageID) { state.withLock { _ = $0.coming.insert(message) } }
    func abandon(_ message: MessageID) { state.withLock { _ = $0.coming.remove(message) } }

    /// - Returns: whether somebody has to come and take them: others who come meanwhile share the way.
    func store(_ deliveries: [PendingDelivery]) -> Bool {
        state.withLock { state in
            state.stored += deliveries
            defer { state.isFetching = true }
            return !state.isFetching
        }
    }

    func take() -> [PendingDelivery] {
        state.withLock { state in
            defer {
                state.stored = []
                state.isFetching = false
            }
            for delivery in state.stored { state.coming.remove(delivery.message) }
            return state.stored
        }
    }
}
