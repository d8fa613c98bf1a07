// SPDX-License-Identifier: Apache-2.0

import Access
import Logging
import Mail
import ServiceLifecycle

/// Writes what was only counted of strangers' failures, at most five seconds after their minute has ended; at a shutdown, after
/// the doors are closed, whatever is left.
struct SignInCounts: Service {
    let access: AccessControl
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                await write(ahead: 0)
                try await Task.sleep(for: .seconds(5))
            }
        }
        await write(ahead: SignInDamper.minute)
    }

    private func write(ahead seconds: Double) async {
        do {
            try await access.recordCountedFailures(until: access.directory.now() + seconds)
        } catch {
            logger.error("failures to sign in were not kept", metadata: ["error": "\(error)"])
        }
    }
}
