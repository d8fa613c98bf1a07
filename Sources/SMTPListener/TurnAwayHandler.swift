// SPDX-License-Identifier: Apache-2.0

import Mail
import NIOCore
import SMTP

/// Tells a stranger why there is nothing for it here, and closes.
///
/// The channel becomes active only after its initializer has ended, and nothing is written before: an initializer that
/// waited for its own words would wait for ever.
final class TurnAwayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let reply: Reply?

    /// - Parameter reply: nil where nothing can be said: under implicit TLS, before the handshake.
    init(_ reply: Reply?) { self.reply = reply }

    func channelActive(context: ChannelHandlerContext) {
        guard let reply else { return context.close(promise: nil) }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(channel.allocator.buffer(bytes: reply.wire))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }
}
