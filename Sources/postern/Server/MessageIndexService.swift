// SPDX-License-Identifier: Apache-2.0

import Logging
import SQLite
import ServiceLifecycle

/// Has messages found half a second after something happened to them.
struct MessageIndexService: Service {
    /// Seconds after a failure: a full disk is not told of twice a second.
    private static let failureWait = 5.0

    let index: SQLiteMessageIndex
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    // Between pages others get their turn: after an upgrade there are all facts to read.
                    while try await index.read() { try await Task.sleep(for: .milliseconds(20)) }
                } catch is CancellationError {
                } catch {
                    logger.error("the search for messages was not kept up to date", metadata: ["error": "\(error)"])
                    try await Task.sleep(for: .seconds(Self.failureWait))
                }
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
