// SPDX-License-Identifier: Apache-2.0

import Mail

/// Lets reports about one message through one after the other, so that the same report in two sessions counts once.
/// Reports about different messages do not wait for each other.
actor MessageTurns {
    private var waiting: [MessageID: [CheckedContinuation<Void, Never>]] = [:]

    func inTurn<Result: Sendable>(
        _ message: MessageID, _ body: @Sendable () async throws -> Result
    ) async rethrows -> Result {
        await enter(message)
        defer { leave(message) }
        return try await body()
    }

    private func enter(_ message: MessageID) async {
        guard waiting[message] != nil else {
            waiting[message] = []
            return
        }
        await withCheckedContinuation { waiting[message]?.append($0) }
    }

    // Whoever is next keeps the message taken.
    private func leave(_ message: MessageID) {
        guard let next = waiting[message]?.first else {
            waiting[message] = nil
            return
        }
        waiting[message]?.removeFirst()
        next.resume()
    }
}
