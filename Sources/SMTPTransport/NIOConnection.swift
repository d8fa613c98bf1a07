// SPDX-License-Identifier: Apache-2.0

import Delivery
import Mail
import NIOCore
import SMTP

/// One session, handed to the pool.
final class NIOConnection: Connection {
    let peer: String
    let localAddress: String
    let security: SessionSecurity
    let offersRequireTLS: Bool
    let opening: Transcript
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
        localAddress = channel.localAddress?.ipAddress ?? ""
        security = handler.value.security
        offersRequireTLS = handler.value.session.offersRequireTLS
        opening = handler.value.opening
    }

    var isUsable: Bool { !over.isSet && channel.isActive }

    func send(_ mail: OutgoingMail) async throws -> SentMail {
        let handler = handler
        let loop = channel.eventLoop
        return try await withTaskCancellationHandler {
            let promise = loop.makePromise(of: SentMail.self)
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
