// SPDX-License-Identifier: Apache-2.0

import Delivery
import Mail
import NIOCore
import NIOSSL
import SMTP

extension ClientHandler {
    func startTLS(_ context: ChannelHandlerContext) {
        do {
            let loop = context.eventLoop
            let bound = NIOLoopBound(self, eventLoop: loop)
            let handler = try tls.handler(for: target) { certificate, tested in
                let handler = bound.value
                handler.security.certificate = certificate
                handler.security.tested = tested
            }
            let watch = CipherWatch()
            cipherWatch = watch
            try context.pipeline.syncOperations.addHandlers([watch, handler], position: .first)
        } catch {
            failHandshake(error, context)
        }
    }

    func secured(_ context: ChannelHandlerContext) {
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLHandler.self)
        security.version = handler?.tlsVersion.map(Self.words) ?? "TLS"
        security.cipher = cipherWatch?.cipher
        security.certificate = security.certificate ?? .unverified
        if let watch = cipherWatch { context.pipeline.syncOperations.removeHandler(watch, promise: nil) }
        cipherWatch = nil
        perform(session.tlsEstablished(), context)
    }

    func failHandshake(_ error: any Error, _ context: ChannelHandlerContext) {
        // What was found wrong with the certificate says more than the alert that follows from it.
        if case .failed(let failure) = security.certificate { return failHandshake(failure, context) }
        failHandshake(.handshake("\(error)"), context)
    }

    func failHandshake(_ failure: TLSFailure, _ context: ChannelHandlerContext) {
        fail(HandshakeFailure(failure: failure, transcript: session.takeTranscript()))
        perform(session.lost(Reply(451, .init(4, 7, 5), failure.words)), context)
    }

    static func words(_ version: TLSVersion) -> String {
        switch version {
        case .tlsv1: "TLSv1"
        case .tlsv11: "TLSv1.1"
        case .tlsv12: "TLSv1.2"
        case .tlsv13: "TLSv1.3"
        }
    }
}
