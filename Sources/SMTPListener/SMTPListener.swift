// SPDX-License-Identifier: Apache-2.0

package import Access
package import Logging
import Mail
package import NIOCore
import NIOPosix
package import NIOSSL
import ServiceLifecycle
import Synchronization

/// One address and port that takes mail.
package struct ListenerConfiguration: Sendable {
    package var host: String
    package var port: Int
    package var isImplicitTLS: Bool
    package var vpcEndpoint: String?
    /// Who may connect without signing in, and as whom; nil for a submission listener.
    package var trust: Trust?

    package struct Trust: Sendable {
        package var networks: [Network]
        package var principal: Principal

        package init(networks: [Network], principal: Principal) {
            self.networks = networks
            self.principal = principal
        }
    }

    package init(host: String, port: Int, isImplicitTLS: Bool = false, vpcEndpoint: String? = nil, trust: Trust? = nil)
    {
        self.host = host
        self.port = port
        self.isImplicitTLS = isImplicitTLS
        self.vpcEndpoint = vpcEndpoint
        self.trust = trust
    }
}

/// How much strangers may have.
package struct ListenerLimits: Sendable {
    package var sessions = 20_000
    package var sessionsPerAddress = 1_000
    /// Without a byte; RFC 5321 §4.5.3.2.7 asks for five minutes.
    package var idleTimeout = TimeAmount.minutes(5)
    /// From the first byte of a content to its last.
    package var contentTimeout = TimeAmount.minutes(20)
    /// From a session's first byte to its last, whatever it does; nil for as long as it likes.
    package var sessionTimeout: TimeAmount?
    /// For what is under way at a shutdown.
    package var drainTimeout = TimeAmount.seconds(20)

    package init() {}
}

/// The SMTP door: any number of listeners, bound together and drained together.
package final class SMTPListener: Service {
    private let configurations: [ListenerConfiguration]
    private let hostname: String
    private let limits: ListenerLimits
    private let sslContext: NIOSSLContext
    private let house: ListenerHouse
    private let logger: Logger
    private let group: any EventLoopGroup
    private let census: SessionCensus
    private let channels = Mutex<[any Channel]>([])
    private let sessions = Mutex<[ObjectIdentifier: any Channel]>([:])

    /// Listeners for those who send.
    package convenience init(
        _ configurations: [ListenerConfiguration], hostname: String, limits: ListenerLimits, sslContext: NIOSSLContext,
        service: any SMTPService, group: any EventLoopGroup, logger: Logger
    ) {
        self.init(
            configurations, hostname: hostname, limits: limits, sslContext: sslContext, house: .submission(service),
            group: group, logger: logger)
    }

    /// Listeners for what comes back.
    package convenience init(
        inbound configurations: [ListenerConfiguration], hostname: String, limits: ListenerLimits = .inbound,
        sslContext: NIOSSLContext, service: any InboundService, group: any EventLoopGroup, logger: Logger
    ) {
        self.init(
            configurations, hostname: hostname, limits: limits, sslContext: sslContext, house: .inbound(service),
            group: group, logger: logger)
    }

    private init(
        _ configurations: [ListenerConfiguration], hostname: String, limits: ListenerLimits, sslContext: NIOSSLContext,
        house: ListenerHouse, group: any EventLoopGroup, logger: Logger
    ) {
        self.configurations = configurations
        self.hostname = hostname
        self.limits = limits
        self.sslContext = sslContext
        self.house = house
        self.group = group
        self.logger = logger
        census = SessionCensus(maximum: limits.sessions, maximumPerAddress: limits.sessionsPerAddress)
    }

    /// Opens every port; afterwards `ports` tells which.
    package func bind() async throws {
        for configuration in configurations {
            do {
                let channel = try await bootstrap(configuration).bind(
                    host: configuration.host, port: configuration.port
                ).get()
                channels.withLock { $0.append(channel) }
                logger.info("smtp listens", metadata: ["address": "\(channel.localAddress?.description ?? "")"])
            } catch {
                throw BindFailure(host: configuration.host, port: configuration.port, reason: "\(error)")
            }
        }
    }

    package var ports: [Int] { channels.withLock { $0.compactMap { $0.localAddress?.port } } }
    package var isListening: Bool { channels.withLock { $0.allSatisfy(\.isActive) } }
    package var sessionCount: Int { census.total }

    /// Runs until a graceful shutdown; then accepts nobody, lets messages under way finish, and closes.
    package func run() async throws {
        try await gracefulShutdown()
        for channel in channels.withLock({ $0 }) { try? await channel.close() }
        for channel in sessions.withLock({ Array($0.values) }) {
            channel.eventLoop.execute {
                (try? channel.pipeline.syncOperations.handler(type: SessionHandler.self))?.drain()
            }
        }
        let deadline = NIODeadline.now() + limits.drainTimeout
        while census.total > 0, NIODeadline.now() < deadline { try await Task.sleep(for: .milliseconds(20)) }
    }

    private func bootstrap(_ configuration: ListenerConfiguration) -> ServerBootstrap {
        let context = ListenerContext(
            configuration: configuration, hostname: hostname, limits: limits, sslContext: sslContext, house: house,
            logger: logger)
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 65536)
            )
            .childChannelInitializer { self.initialize($0, context) }
    }

    private func initialize(_ channel: any Channel, _ context: ListenerContext) -> EventLoopFuture<Void> {
        let address = channel.remoteAddress?.ipAddress ?? ""
        if let trust = context.configuration.trust, !trust.networks.contains(where: { $0.contains(address) }) {
            return turnAway(channel, Reply(554, .init(5, 7, 1), "This listener is not for \(address)"), context)
        }
        guard census.enter(address) else {
            return turnAway(channel, Reply(421, .init(4, 7, 0), "Too many concurrent SMTP connections"), context)
        }
        sessions.withLock { $0[ObjectIdentifier(channel)] = channel }
        channel.closeFuture.whenComplete { _ in
            self.census.leave(address)
            self.sessions.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
        }
        return channel.eventLoop.makeCompletedFuture {
            if context.isImplicitTLS {
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context.sslContext))
            }
            try channel.pipeline.syncOperations.addHandler(SessionHandler(context, sourceAddress: address))
        }
    }

    private func turnAway(_ channel: any Channel, _ reply: Reply, _ context: ListenerContext) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(TurnAwayHandler(context.isImplicitTLS ? nil : reply))
        }
    }
}

/// A port that could not be opened.
package struct BindFailure: Error, CustomStringConvertible {
    package let host: String
    package let port: Int
    package let reason: String

    package init(host: String, port: Int, reason: String) {
        self.host = host
        self.port = port
        self.reason = reason
    }

    package var description: String { "cannot listen on \(host):\(port): \(reason)" }
}
