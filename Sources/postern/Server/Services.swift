// SPDX-License-Identifier: Apache-2.0

import Access
import Delivery
import Logging
import Mail
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
                } catch is CancellationError {
                } catch {
                    logger.error("verification round failed", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: .seconds(interval))
            }
        }
    }
}

/// Has the suppression lists learn from bounces and complaints, at most a second after they are known.
struct SuppressionService: Service {
    let reader: SuppressionReader
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    while try await reader.read() { try Task.checkCancellation() }
                } catch {
                    logger.error("suppression lists were not kept up to date", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}

/// Warns once a day of access keys that the operator's limit will soon refuse.
struct KeyAgeWatch: Service {
    let access: AccessControl
    let logger: Logger

    func run() async throws {
        guard access.guardrails.maximumKeyAge != nil else { return try await gracefulShutdown() }
        try? await cancelWhenGracefulShutdown {
            while true {
                await warn()
                try await Task.sleep(for: .seconds(86_400))
            }
        }
    }

    private func warn() async {
        let moment = access.directory.now()
        for key in access.agingKeys(at: moment) {
            logger.warning("a credential grows old", metadata: ["reason": "\(key.reason(at: moment))"])
            do {
                try await access.directory.record(key.warning(at: moment))
            } catch {
                logger.error("a warning was not kept", metadata: ["error": "\(error)"])
            }
        }
    }
}
