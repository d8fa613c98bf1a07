// SPDX-License-Identifier: Apache-2.0

import Delivery
import Mail
import NIOCore
import NIOSSL
import NIOTLS
import SMTP
import Synchronization

/// Carries bytes between a socket and the client session machine, and performs its actions.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Whether the session is over, for those who are not on the event loop.
    final class Mark: Sendable {
        private let isOver = Atomic(false)
        var isSet: Bool { isOver.load(ordering: .acquiring) }
        func set() { isOver.store(true, ordering: .releasing) }
    }

    let over = Mark()
    private(set) var tlsVersion: String?
    private var session: ClientSession
    private var replies = ReplyParser()
    private let sslContext: NIOSSLContext
    private let serverName: String?
    private var context: ChannelHandlerContext?
    private var opened: EventLoopPromise<Void>?
    private var mail: (mail: OutgoingMail, promise: EventLoopPromise<[Reply]>)?
    /// When the peer is taken for dead. The alarm is set seldom and looks again where this has moved on meanwhile.
    private var deadline: NIODeadline?
    private var alarm: (at: NIODeadline, task: Scheduled<Void>)?

    /// - Parameter opened: completed when the session can take a mail, or never will.
    init(session: ClientSession, context: NIOSSLContext, serverName: String?, opened: EventLoopPromise<Void>) {
        self.session = session
        sslContext = context
        self.serverName = serverName
        self.opened = opened
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    // Also where a connection never came to be.
    func handlerRemoved(context: ChannelHandlerContext) {
        alarm?.task.cancel()
        fail(ConnectionFailure("The connection closed"))
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        waitForPeer(context)
        context.fireChannelActive()
    }

    func send(_ mail: OutgoingMail, _ promise: EventLoopPromise<[Reply]>) {
        guard let context, self.mail == nil, session.isReady else {
            return promise.fail(ConnectionFailure("The session is gone"))
        }
        self.mail = (mail, promise)
        perform(
            session.send(.init(reversePath: mail.reversePath, recipients: mail.recipients, size: mail.size)), context)
    }

    func quit() {
        guard let context else { return }
        perform(session.quit(), context)
    }

    /// Gives up what is under way.
    func abort() {
        guard let context else { return }
        perform(session.lost(Reply(451, .init(4, 3, 2), "This server is shutting down")), context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        replies.append(unwrapInboundIn(data).readableBytesView)
        do {
            while let reply = try replies.next() {
                perform(session.receive(reply, hasMore: replies.hasLeftover), context)
            }
        } catch {
            perform(session.lost(Reply(451, .init(4, 5, 0), "The peer's reply is not SMTP: \(error)")), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event {
            let version = (try? context.pipeline.syncOperations.handler(type: NIOSSLHandler.self))?.tlsVersion
            tlsVersion = version.map(Self.words) ?? "TLS"
            perform(session.tlsEstablished(), context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        lose("The peer closed the connection", context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { lose("Connection lost: \(error)", context) }

    private func lose(_ why: String, _ context: ChannelHandlerContext) {
        if session.isHandshaking { fail(HandshakeFailure(reason: why)) }
        perform(session.lost(Reply(451, .init(4, 4, 2), why)), context)
    }

    private func perform(_ actions: [ClientSession.Action], _ context: ChannelHandlerContext) {
        for action in actions {
            switch action {
            case .write(let bytes):
                context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
            case .startTLS: startTLS(context)
            case .ready: take(&opened)?.succeed()
            case .sendContent: sendContent(context)
            case .finished(let replies): take(&mail)?.promise.succeed(replies)
            case .failed(let reply): fail(ConnectionFailure(reply: reply))
            case .close:
                over.set()
                context.close(promise: nil)
            }
        }
        waitForPeer(context)
    }

    private func fail(_ error: any Error) {
        take(&opened)?.fail(error)
        take(&mail)?.promise.fail(error)
    }

    // A promise is taken before it is completed: what it wakes may come back here.
    private func take<Value>(_ value: inout Value?) -> Value? {
        defer { value = nil }
        return value
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        do {
            let handler = try NIOSSLClientHandler(context: sslContext, serverHostname: serverName)
            try context.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            lose("TLS cannot be started: \(error)", context)
        }
    }

    private static func words(_ version: TLSVersion) -> String {
        switch version {
        case .tlsv1: "TLSv1"
        case .tlsv11: "TLSv1.1"
        case .tlsv12: "TLSv1.2"
        case .tlsv13: "TLSv1.3"
        }
    }
}

// MARK: - Content

extension ClientHandler {
    private func sendContent(_ context: ChannelHandlerContext) {
        guard let mail = mail?.mail else { return }
        do {
            sendPieces(try ContentWriter(mail), context)
        } catch {
            perform(session.lost(Reply(451, .init(4, 3, 0), "The message's file cannot be read")), context)
        }
    }

    // The next piece is made when the connection has taken the last one. A peer may end the session in between.
    private func sendPieces(_ content: ContentWriter, _ context: ChannelHandlerContext) {
        guard session.isSending else { return }
        let piece = wrapOutboundOut(context.channel.allocator.buffer(bytes: content.next()))
        if content.isAtEnd {
            session.contentSent()
            context.writeAndFlush(piece, promise: nil)
        } else {
            let next = NIOLoopBound((self, content, context), eventLoop: context.eventLoop)
            context.writeAndFlush(piece).whenSuccess {
                let (handler, content, context) = next.value
                handler.sendPieces(content, context)
            }
        }
        waitForPeer(context)
    }
}

// MARK: - Time

extension ClientHandler {
    private func waitForPeer(_ context: ChannelHandlerContext) {
        guard let timeout = session.timeout else {
            deadline = nil
            return
        }
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        self.deadline = deadline
        if let alarm, alarm.at <= deadline { return }
        alarm?.task.cancel()
        schedule(deadline, context)
    }

    private func schedule(_ deadline: NIODeadline, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) { bound.value.0.ring(bound.value.1) }
        alarm = (deadline, task)
    }

    private func ring(_ context: ChannelHandlerContext) {
        alarm = nil
        guard let deadline else { return }
        if deadline > .now() { return schedule(deadline, context) }
        lose("The peer did not answer in time", context)
    }
}
