// SPDX-License-Identifier: Apache-2.0

package import Delivery
import Mail
package import NIOCore
import NIOPosix
import NIOSSL
package import SMTP

/// SMTP sessions to other servers over SwiftNIO.
package struct NIOTransport: Transport {
    package struct Settings: Sendable {
        /// Our name in EHLO.
        package var hostname: String
        /// Extra CA files, PEM, for private far sides.
        package var trust: [String]
        /// The address connections come from; the system's choice where nil.
        package var localAddress: String?
        package var connectTimeout = TimeAmount.seconds(30)
        package var timeouts = ClientSession.Timeouts()

        package init(hostname: String, trust: [String]) {
            self.hostname = hostname
            self.trust = trust
        }
    }

    private let settings: Settings
    private let group: any EventLoopGroup
    private let localAddress: SocketAddress?
    private let verified: NIOSSLContext
    private let unverified: NIOSSLContext

    /// - Throws: when a CA file cannot be read, or the local address is none.
    package init(_ settings: Settings, group: any EventLoopGroup) throws {
        self.settings = settings
        self.group = group
        localAddress = try settings.localAddress.map { try SocketAddress(ipAddress: $0, port: 0) }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.additionalTrustRoots = [
            .certificates(try settings.trust.flatMap { try NIOSSLCertificate.fromPEMFile($0) })
        ]
        verified = try NIOSSLContext(configuration: configuration)
        // Opportunistic TLS keeps out who only listens; a certificate proves nothing where clear text would do as well.
        configuration.certificateVerification = .none
        unverified = try NIOSSLContext(configuration: configuration)
    }

    package func open(_ target: Target) async throws -> any Connection {
        do {
            return try await open(target, tls: target.tls)
        } catch is HandshakeFailure where target.tls == .opportunistic {
            // Better in clear than not at all is what opportunistic means.
            return try await open(target, tls: .none)
        } catch let failure as HandshakeFailure {
            let text = "TLS handshake with \(target.serverName) failed: \(failure.reason)"
            throw ConnectionFailure(reply: Reply(451, .init(4, 7, 5), text))
        }
    }

    private func open(_ target: Target, tls: ClientSession.TLS) async throws -> any Connection {
        let dial = Dial()
        return try await withTaskCancellationHandler {
            let channel: any Channel
            do {
                channel = try await bootstrap(target, tls: tls, dial).connect(host: target.host, port: target.port)
                    .get()
            } catch {
                throw ConnectionFailure("Cannot connect to \(target.host):\(target.port): \(Self.words(error))")
            }
            return try await dial.opened(channel, target)
        } onCancel: {
            dial.cancel()
        }
    }

    private func bootstrap(_ target: Target, tls: ClientSession.TLS, _ dial: Dial) -> ClientBootstrap {
        let context = tls == .require ? verified : unverified
        let session = ClientSession(hostname: settings.hostname, tls: tls, timeouts: settings.timeouts)
        let serverName = Self.isAddress(target.serverName) ? nil : target.serverName
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(settings.connectTimeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let opened = channel.eventLoop.makePromise(of: Void.self)
                    dial.began(channel, opened.futureResult)
                    let handler = ClientHandler(
                        session: session, context: context, serverName: serverName, opened: opened)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        return localAddress.map { bootstrap.bind(to: $0) } ?? bootstrap
    }

    private static func isAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }

    private static func words(_ error: any Error) -> String {
        guard let failed = error as? NIOConnectionError else { return "\(error)" }
        let dns = [failed.dnsAError, failed.dnsAAAAError].compactMap(\.self).map { "\($0)" }
        return (failed.connectionErrors.map { "\($0.error)" } + dns).joined(separator: ", ")
    }
}

/// The TLS handshake did not end well; whether to go on without is for the caller to say.
struct HandshakeFailure: Error {
    let reason: String
}
