// SPDX-License-Identifier: Apache-2.0

import Access
import Logging
import Mail
import NIOCore
import NIOSSL
import NIOTLS
import Queue
import SMTP
import Sending

/// Carries bytes between a socket and the session machine, and performs its actions; it has no rules of its own.
///
/// While the house is asked something, nothing is read: the socket is the queue.
final class SessionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let listener: ListenerContext
    let sourceAddress: String
    var session: ServerSession
    var principal: Principal?
    var accessKeyID: String?
    /// For the records of what is sent; nil before the first mail of whoever needs not sign in.
    var call: SessionCall?
    /// What records call the session.
    private(set) lazy var name = listener.submission?.makeSessionName() ?? ""
    var content: [UInt8] = []
    var draft: (any Draft)?
    var isBusy = false
    private var wantsRead = false
    private var isClosing = false
    private var isDraining = false
    private var output: ByteBuffer?
    private var lastActivity = NIODeadline.now()
    private var contentDeadline: NIODeadline?
    private let sessionDeadline: NIODeadline
    private var alarm: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(_ listener: ListenerContext, sourceAddress: String) {
        self.listener = listener
        self.sourceAddress = sourceAddress
        session = ServerSession(listener.settings(for: sourceAddress), isSecure: false)
        principal = listener.trustedPrincipal
        sessionDeadline = listener.limits.sessionTimeout.map { .now() + $0 } ?? .distantFuture
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        scheduleAlarm(context)
        if listener.isImplicitTLS { return }
        proceed(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        alarm?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActivity = .now()
        if let principal, let accessKeyID,
            let reason = listener.submission?.revocation(of: accessKeyID, principal)
        {
            return sayGoodbye(context, Reply(421, .init(4, 7, 0), "Credentials are no longer valid: \(reason)"))
        }
        session.append(unwrapInboundIn(data).readableBytesView)
        proceed(context)
    }

    func read(context: ChannelHandlerContext) {
        if isBusy { wantsRead = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event {
            session.tlsEstablished()
            // A session begins anew with it (RFC 3207, 4.2).
            call = nil
            resume(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        alarm?.cancel()
        forgetContent()
        context.fireChannelInactive()
    }

    /// No new work: an idle session is told and closed, a busy one after its message.
    func drain() {
        isDraining = true
        if let context, !isBusy, !session.isInContent {
            sayGoodbye(context, Reply(421, .init(4, 3, 2), "The server is shutting down"))
        }
    }

    private func proceed(_ context: ChannelHandlerContext) {
        guard !isBusy, !isClosing else { return }
        while !isBusy, !isClosing, let action = session.next() { perform(action, context) }
        contentDeadline = session.isInContent ? contentDeadline ?? .now() + listener.limits.contentTimeout : nil
        flush(context)
        if isDraining, !isBusy, !isClosing, !session.isInContent {
            sayGoodbye(context, Reply(421, .init(4, 3, 2), "The server is shutting down"))
        }
    }

    func resume(_ context: ChannelHandlerContext) {
        isBusy = false
        lastActivity = .now()
        proceed(context)
        if !isBusy, wantsRead {
            wantsRead = false
            context.read()
        }
    }

    private func perform(_ action: ServerSession.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .reply(let reply): write(reply, context)
        case .startTLS: startTLS(context)
        case .authenticate(let user, let password): authenticate(user, password, context)
        case .recipient(let path, _): admit(path, context)
        case .content(let bytes): collect(bytes, context)
        case .discardContent: forgetContent()
        case .submit(let envelope, let is8Bit): submit(envelope, is8Bit, context)
        case .close:
            isClosing = true
            flush(context)
            context.close(promise: nil)
        }
    }

    private func write(_ reply: Reply, _ context: ChannelHandlerContext) {
        if output == nil { output = context.channel.allocator.buffer(capacity: 256) }
        output?.writeBytes(reply.wire)
    }

    func flush(_ context: ChannelHandlerContext) {
        guard let bytes = output else { return }
        output = nil
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    func sayGoodbye(_ context: ChannelHandlerContext, _ reply: Reply) {
        guard !isClosing else { return }
        write(reply, context)
        perform(.close, context)
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        isBusy = true
        flush(context)
        do {
            try context.pipeline.syncOperations.addHandler(
                NIOSSLServerHandler(context: listener.sslContext), position: .first)
            // The handshake itself has to be read.
            context.read()
            isBusy = false
        } catch {
            context.close(promise: nil)
        }
    }

    private func forgetContent() {
        content = []
        if let draft { Task { await draft.discard() } }
        draft = nil
    }

    // One alarm a session that looks at what is overdue when it rings: cheaper than one a read.
    private func scheduleAlarm(_ context: ChannelHandlerContext) {
        let due = min(
            lastActivity + listener.limits.idleTimeout, contentDeadline ?? .distantFuture, sessionDeadline)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        alarm = context.eventLoop.scheduleTask(deadline: min(due, .now() + .seconds(60))) {
            let (handler, context) = bound.value
            let now = NIODeadline.now()
            let idle = now >= handler.lastActivity + handler.listener.limits.idleTimeout
            let deadline = min(handler.contentDeadline ?? .distantFuture, handler.sessionDeadline)
            if !handler.isBusy, idle || now >= deadline {
                return handler.sayGoodbye(context, Reply(451, .init(4, 4, 2), "Timeout waiting for data from client"))
            }
            handler.scheduleAlarm(context)
        }
    }
}
