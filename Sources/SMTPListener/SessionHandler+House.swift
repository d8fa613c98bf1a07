// SPDX-License-Identifier: Apache-2.0

import Access
import Logging
import Mail
import NIOCore
import NIOSSL
import Queue
import SMTP
import Sending

// What a session asks of the house; nothing is read until it has answered.
extension SessionHandler {
    func authenticate(_ user: String, _ password: String, _ context: ChannelHandlerContext) {
        guard let service = listener.submission else { return session.authenticated(.unavailable) }
        let attempt = SignInAttempt(
            door: listener.door, session: name, name: user, password: password, sourceAddress: sourceAddress,
            tls: tlsFacts(context), agent: session.clientName, vpcEndpoint: listener.vpcEndpoint)
        let question = { @Sendable in await service.signIn(attempt) }
        ask(context, question) { handler, result in
            switch result {
            case .success(.principal(let principal)):
                handler.principal = principal
                handler.accessKeyID = user
                handler.call = handler.sessionCall(of: principal, attempt.tls)
                handler.session.authenticated(.accepted)
            case .success(.refused): handler.session.authenticated(.refused)
            case .success(.refusedBecause(let why)): handler.session.authenticated(.refusedBecause(why))
            case .success(.temporarilyUnavailable), .failure: handler.session.authenticated(.unavailable)
            }
        }
    }

    // In memory up to a bound; beyond it each piece waits for the disk.
    func collect(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        content += bytes
        guard content.count > (draft == nil ? FileDrafts.memoryLimit : 64 * 1024) else { return }
        let target = draft ?? listener.makeDraft()
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

    func submit(_ envelope: Envelope, _ is8Bit: Bool, _ context: ChannelHandlerContext) {
        switch listener.house {
        case .submission(let service): submit(envelope, is8Bit, to: service, context)
        case .inbound(let service): receive(envelope, by: service, context)
        }
    }

    private func submit(
        _ envelope: Envelope, _ is8Bit: Bool, to service: any SMTPService, _ context: ChannelHandlerContext
    ) {
        guard let principal else { return session.submitted(Reply(530, .init(5, 7, 0), "Authentication required")) }
        let tls = tlsFacts(context)
        let call = call ?? sessionCall(of: principal, tls)
        self.call = call
        let caller = Caller(
            principal: principal, accessKeyID: accessKeyID, door: listener.door, sourceAddress: sourceAddress,
            tls: tls, agent: session.clientName, vpcEndpoint: listener.vpcEndpoint, call: call)
        let whole = takeContent()
        let body: @Sendable () async throws -> MessageID = {
            try await service.submit(
                Submission(
                    caller: caller, action: .sendRawEmail, reversePath: envelope.reversePath,
                    recipients: envelope.forwardPaths.map(\.mailbox), content: try await whole(), bodyIs8Bit: is8Bit))
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

    private func receive(_ envelope: Envelope, by service: any InboundService, _ context: ChannelHandlerContext) {
        let (whole, address) = (takeContent(), sourceAddress)
        let question = { @Sendable in await service.receive(envelope, try await whole(), from: address) }
        ask(context, question) { handler, result in
            switch result {
            case .success(let reply): handler.session.submitted(reply)
            case .failure(let error): handler.session.submitted(Reply(failure: error))
            }
        }
    }

    func admit(_ recipient: ForwardPath, _ context: ChannelHandlerContext) {
        guard case .inbound(let service) = listener.house else { return session.decided(nil) }
        let address = sourceAddress
        let question = { @Sendable in await service.admit(recipient.mailbox, from: address) }
        ask(context, question) { handler, result in
            switch result {
            case .success(let refusal): handler.session.decided(refusal)
            case .failure(let error): handler.session.decided(Reply(failure: error))
            }
        }
    }

    // What was collected is the taker's from now on.
    private func takeContent() -> @Sendable () async throws -> DraftContent {
        let (bytes, draft) = (content, draft)
        content = []
        self.draft = nil
        return {
            guard let draft else { return .memory(bytes) }
            try await draft.append(bytes)
            return try await draft.finish()
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

    private func sessionCall(of principal: Principal, _ tls: TLSFacts?) -> SessionCall {
        SessionCall(
            session: name, principal: principal, accessKeyID: accessKeyID, agent: session.clientName, tls: tls,
            vpcEndpoint: listener.vpcEndpoint)
    }

    // What cannot be told counts as clear: no rule may be passed on a guess.
    private func tlsFacts(_ context: ChannelHandlerContext) -> TLSFacts? {
        guard session.isSecure,
            let version = (try? context.pipeline.syncOperations.handler(type: NIOSSLHandler.self))?.tlsVersion
        else { return nil }
        return TLSFacts(version: version.words, cipher: "")
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
