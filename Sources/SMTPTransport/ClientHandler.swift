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
    let target: Target
    /// What was said until the session was ready.
    private(set) var opening = Transcript()
    var security = SessionSecurity()
    var session: ClientSession
    let tls: TLSContexts
    var cipherWatch: CipherWatch?
    private var parser = ReplyParser()
    private var context: ChannelHandlerContext?
    private var opened: EventLoopPromise<Void>?
    private var mail: (mail: OutgoingMail, promise: EventLoopPromise<SentMail>)?
    /// When the opening, or the mail under way, began; the transcript counts from here.
    private var began = NIODeadline.now()
    /// When the peer is taken for dead. The alarm is set seldom and looks again where this has moved on meanwhile.
    private var deadline: NIODeadline?
    private var alarm: (at: NIODeadline, task: Scheduled<Void>)?

    /// - Parameter opened: completed when the session can take a mail, or never will.
    init(session: ClientSession, target: Target, tls: TLSContexts, opened: EventLoopPromise<Void>) {
        self.session = session
        self.target = target
        self.tls = tls
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

    func send(_ mail: OutgoingMail, _ promise: EventLoopPromise<SentMail>) {
        guard let context, self.mail == nil, session.isReady else {
            return promise.fail(ConnectionFailure("The session is gone"))
        }
        self.mail = (mail, promise)
        began = .now()
        perform(
            session.send(
                .init(
                    reversePath: mail.returnPath, recipients: mail.recipients, size: mail.size,
                    requiresTLS: mail.requiresTLS)), context)
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
        parser.append(unwrapInboundIn(data).readableBytesView)
        let milliseconds = Int((NIODeadline.now() - began).nanoseconds / 1_000_000)
        do {
            while let reply = try parser.next() {
                perform(session.receive(reply, hasMore: parser.hasLeftover, at: milliseconds), context)
            }
        } catch {
            perform(session.lost(Reply(451, .init(4, 5, 0), "The peer's reply is not SMTP: \(error)")), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event { secured(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        lose("The peer closed the connection", context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        session.isHandshaking ? failHandshake(error, context) : lose("Connection lost: \(error)", context)
    }

    func lose(_ why: String, _ context: ChannelHandlerContext) {
        if session.isHandshaking { return failHandshake(.handshake(why), context) }
        perform(session.lost(Reply(451, .init(4, 4, 2), why)), context)
    }

    func perform(_ actions: [ClientSession.Action], _ context: ChannelHandlerContext) {
        for action in actions {
            switch action {
            case .write(let bytes):
                context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
            case .startTLS: startTLS(context)
            case .ready:
                opening = session.takeTranscript()
                take(&opened)?.succeed()
            case .sendContent: sendContent(context)
            case .finished(let replies):
                let transcript = session.takeTranscript()
                take(&mail)?.promise.succeed(SentMail(replies: replies, transcript: transcript))
            case .failed(let reply): fail(ConnectionFailure(reply: reply))
            case .insecure(let reply): fail(.insecure(reply, at: target.serverName))
            case .close:
                over.set()
                context.close(promise: nil)
            }
        }
        waitForPeer(context)
    }

    func fail(_ failure: ConnectionFailure) {
        var failure = failure
        failure.transcript = session.takeTranscript()
        fail(failure as any Error)
    }

    func fail(_ error: any Error) {
        take(&opened)?.fail(error)
        take(&mail)?.promise.fail(error)
    }

    // A promise is taken before it is completed: what it wakes may come back here.
    private func take<Value>(_ value: inout Value?) -> Value? {
        defer { value = nil }
        return value
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
    // However often the peer says something, neither the opening nor a mail takes for ever.
    private func waitForPeer(_ context: ChannelHandlerContext) {
        guard let timeout = session.timeout else {
            deadline = nil
            return
        }
        var deadline = NIODeadline.now() + TimeAmount(timeout)
        if let limit = session.limit { deadline = min(deadline, began + TimeAmount(limit)) }
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
