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

    private let listener: ListenerContext
    private let sourceAddress: String
    private var session: ServerSession
    private var principal: Principal?
    private var accessKeyID: String?
    private var content: [UInt8] = []
    private var draft: (any Draft)?
    private var isBusy = false
    private var wantsRead = false
    private var isClosing = false
    private var isDraining = false
    private var output: ByteBuffer?
    private var lastActivity = NIODeadline.now()
    private var contentDeadline: NIODeadline?
    private var alarm: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(_ listener: ListenerContext, sourceAddress: String) {
        self.listener = listener
        self.sourceAddress = sourceAddress
        session = ServerSession(listener.settings(for: sourceAddress), isSecure: false)
        principal = listener.trustedPrincipal
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
            let reason = listener.service.revocation(of: accessKeyID, principal)
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

    private func resume(_ context: ChannelHandlerContext) {
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

    private func flush(_ context: ChannelHandlerContext) {
        guard let bytes = output else { return }
        output = nil
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func sayGoodbye(_ context: ChannelHandlerContext, _ reply: Reply) {
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

    private func authenticate(_ user: String, _ password: String, _ context: ChannelHandlerContext) {
        let service = listener.service
        let address = sourceAddress
        let question = { @Sendable in await service.authenticate(user: user, password: password, from: address) }
        ask(context, question) { handler, result in
            switch result {
            case .success(.principal(let principal)):
                handler.principal = principal
                handler.accessKeyID = user
                handler.session.authenticated(.accepted)
            case .success(.refused): handler.session.authenticated(.refused)
            case .success(.refusedBecause(let why)): handler.session.authenticated(.refusedBecause(why))
            case .success(.temporarilyUnavailable), .failure: handler.session.authenticated(.unavailable)
            }
        }
    }

    // In memory up to a bound; beyond it each piece waits for the disk.
    private func collect(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        content += bytes
        guard content.count > (draft == nil ? FileDrafts.memoryLimit : 64 * 1024) else { return }
        let target = draft ?? listener.service.makeDraft()
        draft = target
        let piece = content
        content = []
        let question = { @Sendable in try await target.append(piece) }
        ask(context, question) { handler, result in
            if case .failure(let error) = result {
                handler.sayGoodbye(context, Reply(failure: error).closing)
            }
        }
    }

    private func submit(_ envelope: Envelope, _ is8Bit: Bool, _ context: ChannelHandlerContext) {
        guard let principal else { return session.submitted(Reply(530, .init(5, 7, 0), "Authentication required")) }
        let caller = Caller(
            principal: principal, accessKeyID: accessKeyID, door: listener.door, sourceAddress: sourceAddress,
            tls: tlsFacts(context), agent: session.clientName, vpcEndpoint: listener.vpcEndpoint)
        let (bytes, draft, service) = (content, draft, listener.service)
        content = []
        self.draft = nil
        let body: @Sendable () async throws -> MessageID = {
            var whole = DraftContent.memory(bytes)
            if let draft {
                try await draft.append(bytes)
                whole = try await draft.finish()
            }
            return try await service.submit(
                Submission(
                    caller: caller, action: .sendRawEmail, reversePath: envelope.reversePath,
                    recipients: envelope.forwardPaths.map(\.mailbox), content: whole, bodyIs8Bit: is8Bit))
        }
        ask(context, body) { handler, result in
            switch result {
            case .success(let id): handler.session.submitted(Reply(250, nil, "Ok \(id)"))
            case .failure(let error):
                if !(error is SendRefusal) {
                    handler.listener.logger.error("submission failed", metadata: ["error": "\(error)"])
                }
                handler.session.submitted(Reply(failure: error))
            }
        }
    }

    private func ask<Value: Sendable>(
        _ context: ChannelHandlerContext, _ question: @escaping @Sendable () async throws -> Value,
        _ answer: @escaping (SessionHandler, Result<Value, any Error>) -> Void
    ) {
        isBusy = true
        flush(context)
        let bound = NIOLoopBound((self, context, answer), eventLoop: context.eventLoop)
        context.eventLoop.makeFutureWithTask(question).whenComplete { result in
            let (handler, context, answer) = bound.value
            answer(handler, result)
            handler.resume(context)
        }
    }

    // What cannot be told counts as clear: no rule may be passed on a guess.
    private func tlsFacts(_ context: ChannelHandlerContext) -> TLSFacts? {
        guard session.isSecure,
            let version = (try? context.pipeline.syncOperations.handler(type: NIOSSLHandler.self))?.tlsVersion
        else { return nil }
        return TLSFacts(version: version.words, cipher: "")
    }

    private func forgetContent() {
        content = []
        if let draft { Task { await draft.discard() } }
        draft = nil
    }

    // One alarm a session that looks at what is overdue when it rings: cheaper than one a read.
    private func scheduleAlarm(_ context: ChannelHandlerContext) {
        let due = min(lastActivity + listener.limits.idleTimeout, contentDeadline ?? .distantFuture)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        alarm = context.eventLoop.scheduleTask(deadline: min(due, .now() + .seconds(60))) {
            let (handler, context) = bound.value
            let now = NIODeadline.now()
            let idle = now >= handler.lastActivity + handler.listener.limits.idleTimeout
            if !handler.isBusy, idle || now >= handler.contentDeadline ?? .distantFuture {
                return handler.sayGoodbye(context, Reply(451, .init(4, 4, 2), "Timeout waiting for data from client"))
            }
            handler.scheduleAlarm(context)
        }
    }
}

extension TLSVersion {
    fileprivate var words: String {
        switch self {
        case .tlsv1: "TLSv1"
        case .tlsv11: "TLSv1.1"
        case .tlsv12: "TLSv1.2"
        case .tlsv13: "TLSv1.3"
        }
    }
}

extension Reply {
    /// The same no, as the last word of a session (RFC 5321 §3.8 lets only 421 close it).
    fileprivate var closing: Reply { Reply(421, .init(4, 3, 1), lines.joined(separator: " ")) }
}
