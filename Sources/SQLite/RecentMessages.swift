// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Synchronization

/// Messages that were just accepted: most are sent at once, and need not be read back for it.
final class RecentMessages: Sendable {
    /// Octets kept.
    private static let capacity = 16 << 20
    /// Seconds that a message waits here for its delivery while there is no room for others.
    private static let patience = 20.0

    private struct State {
        var messages: [MessageID: SpooledMessage] = [:]
        var order: [MessageID] = []
        var head = 0
        var size = 0
    }

    private let state = Mutex(State())

    func add(_ message: SpooledMessage) {
        let size = Self.size(message)
        guard size <= Self.capacity / 16 else { return }
        state.withLock { state in
            // The oldest are the next to be sent: what makes room is what nobody came for.
            while state.size + size > Self.capacity, state.head < state.order.count {
                let first = state.messages[state.order[state.head]]
                if let first, message.acceptedAt - first.acceptedAt < Self.patience { return }
                Self.removeOldest(&state)
            }
            state.messages[message.id] = message
            state.order.append(message.id)
            state.size += size
            if state.head > 1024, state.head * 2 > state.order.count {
                state.order.removeFirst(state.head)
                state.head = 0
            }
        }
    }

    func message(_ id: MessageID) -> SpooledMessage? { state.withLock { $0.messages[id] } }

    func remove(_ id: MessageID) {
        state.withLock { state in
            guard let message = state.messages.removeValue(forKey: id) else { return }
            state.size -= Self.size(message)
            // The order is kept short though nothing grows old.
            while state.head < state.order.count, state.messages[state.order[state.head]] == nil { state.head += 1 }
            if state.head == state.order.count { (state.order, state.head) = ([], 0) }
        }
    }

    private static func removeOldest(_ state: inout State) {
        if let message = state.messages.removeValue(forKey: state.order[state.head]) { state.size -= size(message) }
        state.head += 1
    }

    private static func size(_ message: SpooledMessage) -> Int {
        var size = 1_000 + message.content.header.count
        if case .memory(let bytes) = message.content.body { size += bytes.count }
        return size
    }
}
