// SPDX-License-Identifier: Apache-2.0

import Delivery
import Mail
import NIOCore
import NIOSSL
import NIOTLS
import Queue
import SMTP

/// Carries bytes between a socket and the client session machine, and performs its actions.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Content goes out in pieces of this size; the next is made when the last is written.
    private static let pieceSize = 64 * 1024

    private var session: ClientSession
    private var replies = ReplyParser()
    private let sslContext: NIOSSLContext
    private let serverName: String?
    private let timeout: TimeAmount
    let opened: EventLoopPromise<Void>
    private var isOpen = false
    private var isHandshaking = false
    private(set) var tlsVersion: String?
    private var context: ChannelHandlerContext?
    private var mail: (mail: OutgoingMail, promise: EventLoopPromise<[Reply]>)?
    private var hasHeardReply = false
    private var alarm: Scheduled<Void>?

    init(
        session: ClientSession, context: NIOSSLContext, serverName: String?, timeout: TimeAmount,
        opened: EventLoopPromise<Void>
    ) {
        self.session = session
        sslContext = context
        self.serverName = serverName
        self.timeout = timeout
        self.opened = opened
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        expectReply(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func send(_ mail: OutgoingMail, _ promise: EventLoopPromise<[Reply]>) {
        guard let context, context.channel.isActive, self.mail == nil, session.isReady else {
            return promise.fail(ConnectionFailure("The session is gone"))
        }
        self.mail = (mail, promise)
        hasHeardReply = false
        perform(
            session.send(.init(reversePath: mail.reversePath, recipients: mail.recipients, size: mail.size)), context)
    }

    func quit() {
        guard let context else { return }
        perform(session.quit(), context)
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Whatever came in clear after the 220 of STARTTLS was not protected by it.
        guard !isHandshaking else {
            return lose(ConnectionFailure("The peer spoke between STARTTLS and the handshake"), context)
        }
        replies.append(unwrapInboundIn(data).readableBytesView)
        do {
            while let reply = try replies.next() {
                hasHeardReply = true
                perform(session.receive(reply), context)
                if isHandshaking, replies.hasLeftover {
                    return lose(ConnectionFailure("The peer spoke between STARTTLS and the handshake"), context)
                }
            }
        } catch {
            lose(ConnectionFailure("The peer's reply is not SMTP: \(error)"), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event {
            isHandshaking = false
            tlsVersion =
                (try? context.pipeline.syncOperations.handler(type: NIOSSLHandler.self))?.tlsVersion.map {
                    Self.name($0)
                }
                ?? "TLS"
            perform(session.tlsEstablished(), context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        lose(isHandshaking ? HandshakeFailure() : ConnectionFailure("The peer closed the connection"), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lose(isHandshaking ? HandshakeFailure() : ConnectionFailure("Connection lost: \(error)"), context)
    }

    private static func name(_ version: TLSVersion) -> String {
        switch version {
        case .tlsv13: "TLSv1.3"
        case .tlsv12: "TLSv1.2"
        default: "\(version)"
        }
    }

    private func perform(_ actions: [ClientSession.Action], _ context: ChannelHandlerContext) {
        for action in actions {
            switch action {
            case .write(let bytes):
                context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
                expectReply(context)
            case .startTLS: startTLS(context)
            case .ready:
                alarm?.cancel()
                isOpen = true
                opened.succeed()
            case .sendContent: sendContent(context)
            case .finished(let replies):
                alarm?.cancel()
                mail?.promise.succeed(replies)
                mail = nil
            case .failed(let reply): lose(ConnectionFailure(reply: reply), context)
            }
        }
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        isHandshaking = true
        do {
            let handler = try NIOSSLClientHandler(context: sslContext, serverHostname: serverName)
            try context.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            lose(HandshakeFailure(), context)
        }
    }

    private func sendContent(_ context: ChannelHandlerContext) {
        guard let mail = mail?.mail else { return }
        var stuffer = DotStuffer()
        var output: [UInt8] = []
        mail.header.withUnsafeBytes { stuffer.stuff($0, into: &output) }
        switch mail.body {
        case .memory(let bytes):
            output.reserveCapacity(output.count + bytes.count + 64)
            bytes.withUnsafeBytes { stuffer.stuff($0, into: &output) }
            stuffer.finish(into: &output)
            context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: output)), promise: nil)
            expectReply(context, factor: 2)
        case .file(let path, let offset, let length):
            do {
                let file = try MappedFile(path: path)
                sendPiece(of: file, offset..<offset + length, stuffer, output, context)
            } catch {
                lose(ConnectionFailure("The message's file cannot be read"), context)
            }
        }
    }

    private func sendPiece(
        of file: MappedFile, _ range: Range<Int>, _ stuffer: DotStuffer, _ start: [UInt8],
        _ context: ChannelHandlerContext
    ) {
        var stuffer = stuffer
        var output = start
        let end = min(range.lowerBound + Self.pieceSize, range.upperBound)
        file.withBytes { stuffer.stuff(UnsafeRawBufferPointer(rebasing: $0[range.lowerBound..<end]), into: &output) }
        if end == range.upperBound { stuffer.finish(into: &output) }
        let written = context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: output)))
        expectReply(context, factor: 2)
        if end == range.upperBound { return }
        let next = NIOLoopBound((self, file, stuffer, context), eventLoop: context.eventLoop)
        written.whenSuccess {
            let (handler, file, stuffer, context) = next.value
            handler.sendPiece(of: file, end..<range.upperBound, stuffer, [], context)
        }
    }

    private func expectReply(_ context: ChannelHandlerContext, factor: Int64 = 1) {
        alarm?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        alarm = context.eventLoop.scheduleTask(in: .nanoseconds(timeout.nanoseconds * factor)) {
            bound.value.0.lose(ConnectionFailure("The peer did not answer in time"), bound.value.1)
        }
    }

    // A mail the peer never answered to can be sent over another session; one it answered to has to wait its turn.
    private func lose(_ error: any Error, _ context: ChannelHandlerContext) {
        alarm?.cancel()
        if !isOpen {
            isOpen = true
            opened.fail(error)
        }
        if let (mail, promise) = mail {
            self.mail = nil
            if hasHeardReply {
                let reply = (error as? ConnectionFailure)?.reply ?? Reply(451, .init(4, 4, 2), "Connection lost")
                promise.succeed(mail.recipients.map { _ in reply })
            } else {
                promise.fail(error as? ConnectionFailure ?? ConnectionFailure("Connection lost"))
            }
        }
        context.close(promise: nil)
    }
}
