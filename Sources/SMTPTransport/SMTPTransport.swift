// SPDX-License-Identifier: Apache-2.0

package import Delivery
import Mail
package import NIOCore
import NIOPosix
import NIOSSL
import SMTP

/// SMTP sessions to other servers over SwiftNIO.
package struct NIOTransport: Transport {
    package struct Settings: Sendable {
        /// Our name in EHLO.
        package var hostname: String
        /// Extra CA files, PEM, for private far sides.
        package var trust: [String]
        package var connectTimeout = TimeAmount.seconds(30)
        /// RFC 5321 §4.5.3.2 asks for five minutes before a reply; ten for the one after the content.
        package var replyTimeout = TimeAmount.minutes(5)

        package init(hostname: String, trust: [String]) {
            self.hostname = hostname
            self.trust = trust
        }
    }

    private let settings: Settings
    private let group: any EventLoopGroup
    private let verified: NIOSSLContext
    private let unverified: NIOSSLContext

    /// - Throws: when a CA file cannot be read.
    package init(_ settings: Settings, group: any EventLoopGroup) throws {
        self.settings = settings
        self.group = group
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
        } catch is HandshakeFailure {
            throw ConnectionFailure("TLS handshake with \(target.host) failed")
        }
    }

    private func open(_ target: Target, tls: ClientSession.TLS) async throws -> any Connection {
        let context = tls == .require ? verified : unverified
        let session = ClientSession(hostname: settings.hostname, tls: tls)
        let timeout = settings.replyTimeout
        let serverName = Self.isAddress(target.serverName) ? nil : target.serverName
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(settings.connectTimeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ClientHandler(
                        session: session, context: context, serverName: serverName, timeout: timeout,
                        opened: channel.eventLoop.makePromise())
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.connect(host: target.host, port: target.port).get()
        } catch {
            throw ConnectionFailure("Cannot connect to \(target.host):\(target.port): \(Self.words(error))")
        }
        return try await channel.eventLoop.flatSubmit {
            do {
                let handler = try channel.pipeline.syncOperations.handler(type: ClientHandler.self)
                let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                return handler.opened.futureResult.map {
                    NIOConnection(channel: channel, handler: bound, target: target)
                }
            } catch {
                return channel.eventLoop.makeFailedFuture(ConnectionFailure("The connection closed at once"))
            }
        }.get()
    }

    private static func isAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }

    private static func words(_ error: any Error) -> String {
        guard let failed = error as? NIOConnectionError else { return "\(error)" }
        return failed.connectionErrors.map { "\($0.error)" }.joined(separator: ", ")
    }
}

/// The TLS handshake did not end well; whether to go on without is for the caller to say.
struct HandshakeFailure: Error {}

/// One session, handed to the pool.
final class NIOConnection: Connection {
    let peer: String
    let tls: String?
    private let channel: any Channel
    private let handler: NIOLoopBound<ClientHandler>

    init(channel: any Channel, handler: NIOLoopBound<ClientHandler>, target: Target) {
        self.channel = channel
        self.handler = handler
        let address = channel.remoteAddress.flatMap { address in
            address.ipAddress.map { "[\($0)]:\(address.port ?? 0)" }
        }
        peer = "\(target.serverName) \(address ?? "")"
        tls = handler.value.tlsVersion
    }

    var isUsable: Bool { channel.isActive }

    func send(_ mail: OutgoingMail) async throws -> [Reply] {
        let handler = handler
        let promise = channel.eventLoop.makePromise(of: [Reply].self)
        channel.eventLoop.execute { handler.value.send(mail, promise) }
        return try await promise.futureResult.get()
    }

    func close() {
        let handler = handler
        channel.eventLoop.execute { handler.value.quit() }
    }
}
