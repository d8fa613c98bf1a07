// SPDX-License-Identifier: Apache-2.0

import Delivery
import NIOCore
import Synchronization

/// A connection on its way, so that whoever waits for it can give it up: to a name with several addresses there may be
/// several channels, of which the first that connects is used.
final class Dial: Sendable {
    private struct Attempts {
        var channels: [ObjectIdentifier: (channel: any Channel, opened: EventLoopFuture<Void>)] = [:]
        var isCancelled = false
    }

    private let attempts = Mutex(Attempts())

    func began(_ channel: any Channel, _ opened: EventLoopFuture<Void>) {
        let isCancelled = attempts.withLock {
            $0.channels[ObjectIdentifier(channel)] = (channel, opened)
            return $0.isCancelled
        }
        if isCancelled { channel.close(promise: nil) }
    }

    func cancel() {
        let channels = attempts.withLock {
            $0.isCancelled = true
            return $0.channels.values.map(\.channel)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// The session on the channel that connected, once it is ready.
    /// - Throws: `ConnectionFailure`, `HandshakeFailure`.
    func opened(_ channel: any Channel, _ target: Target) async throws -> NIOConnection {
        let opened = attempts.withLock { $0.channels[ObjectIdentifier(channel)]?.opened }
        guard let opened else { throw ConnectionFailure("The connection closed at once") }
        return try await opened.flatMapThrowing {
            let handler = try channel.pipeline.syncOperations.handler(type: ClientHandler.self)
            return NIOConnection(
                channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop), target: target)
        }.get()
    }
}
