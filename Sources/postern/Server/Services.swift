// SPDX-License-Identifier: Apache-2.0

import Delivery
import Logging
import Queue
import Sending
import ServiceLifecycle

/// Delivery as a service: runs until the shutdown reaches it, then ends what is in flight.
struct DeliveryService: Service {
    let queue: DeliveryQueue
    let dispatcher: Dispatcher

    func run() async throws {
        let queue = queue
        await withTaskCancellationOrGracefulShutdownHandler {
            await dispatcher.run()
        } onCancelOrGracefulShutdown: {
            Task { await queue.close() }
        }
    }
}

/// Looks at the DNS for identities that are not verified yet.
struct VerifierService: Service {
    let verifier: IdentityVerifier
    /// Seconds.
    let interval: Double
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    try await verifier.checkAll()
                } catch {
                    logger.error("verification round failed", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: .seconds(interval))
            }
        }
    }
}
