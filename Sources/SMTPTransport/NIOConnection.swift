// SPDX-License-Identifier: Apache-2.0

import Delivery
import Mail
import NIOCore

/// One session, handed to the pool.
final class NIOConnection: Connection {
    let peer: String
    let tls: String?
    private let channel: any Channel
    private let handler: NIOLoopBound<ClientHandler>
    private let over: ClientHandler.Mark

    /// On the channel's event loop.
    init(channel: any Channel, handler: NIOLoopBound<ClientHandler>, target: Target) {
        self.channel = channel
        self.handler = handler
        over = handler.value.over
        let address = channel.remoteAddress.flatMap { address in
            address.ipAddress.map { "[\($0)]:\(address.port ?? 0)" }
        }
        peer = "\(target.serverName) \(address ?? "")"
        tls = handler.value.tlsVersion
    }

    var isUsable: Bool { !over.isSet && channel.isActive }

    func send(_ mail: OutgoingMail) async throws -> [Reply] {
        let handler = handler
        let loop = channel.eventLoop
        return try await withTaskCancellationHandler {
            let promise = loop.makePromise(of: [Reply].self)
            loop.execute { handler.value.send(mail, promise) }
            return try await promise.futureResult.get()
        } onCancel: {
            loop.execute { handler.value.abort() }
        }
    }

    func close() {
        let handler = handler
        channel.eventLoop.execute { handler.value.quit() }
    }
}
