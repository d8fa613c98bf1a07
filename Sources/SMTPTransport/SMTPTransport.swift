// SPDX-License-Identifier: Apache-2.0

package import Delivery
import Mail
package import NIOCore
import NIOPosix
import Queue
package import SMTP

/// SMTP sessions to other servers over SwiftNIO.
package struct NIOTransport: Transport {
    package struct Settings: Sendable {
        /// Judges the certificates of peers where the requirement asks for it.
        package var judge: PeerJudge
        package var connectTimeout = TimeAmount.seconds(30)
        package var timeouts = ClientSession.Timeouts()
        package var firstContact = ClientSession.Timeouts.firstContact

        package init(judge: PeerJudge) { self.judge = judge }
    }

    private let settings: Settings
    private let group: any EventLoopGroup
    private let tls: TLSContexts

    package init(_ settings: Settings, group: any EventLoopGroup) throws {
        self.settings = settings
        self.group = group
        tls = try TLSContexts(judge: settings.judge)
    }

    package func open(_ target: Target, patience: Patience) async throws -> any Connection {
        do {
            return try await open(target, patience, after: nil)
        } catch let failure as HandshakeFailure {
            guard target.requirement.allowsClear else { throw failure.failure(at: target) }
            // Better in clear than not at all is what opportunistic means.
            return try await open(target, patience, after: failure)
        }
    }

    private func open(
        _ target: Target, _ patience: Patience, after failure: HandshakeFailure?
    ) async throws -> any Connection {
        let dial = Dial()
        return try await withTaskCancellationHandler {
            let channel: any Channel
            do {
                channel = try await connect(target, patience, after: failure, dial)
            } catch {
                throw Self.failure(error, target)
            }
            return try await dial.opened(channel, target)
        } onCancel: {
            dial.cancel()
        }
    }

    private func connect(
        _ target: Target, _ patience: Patience, after failure: HandshakeFailure?, _ dial: Dial
    ) async throws -> any Channel {
        let bootstrap = try bootstrap(target, patience, after: failure, dial)
        if let address = try? SocketAddress(ipAddress: target.host, port: target.port) {
            return try await bootstrap.connect(to: address).get()
        }
        return try await bootstrap.connect(host: target.host, port: target.port).get()
    }

    private func bootstrap(
        _ target: Target, _ patience: Patience, after failure: HandshakeFailure?, _ dial: Dial
    ) throws -> ClientBootstrap {
        let mode: ClientSession.TLS =
            failure != nil || target.requirement.mode == .none
            ? .none : target.requirement.allowsClear ? .opportunistic : .require
        let session = ClientSession(
            hostname: target.egress.hostname, tls: mode,
            timeouts: patience == .brief ? settings.firstContact : settings.timeouts)
        let tls = tls
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(settings.connectTimeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let opened = channel.eventLoop.makePromise(of: Void.self)
                    dial.began(channel, opened.futureResult)
                    let handler = ClientHandler(session: session, target: target, tls: tls, opened: opened)
                    handler.security.givenUp = failure?.failure
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        guard let text = target.egress.address else { return bootstrap }
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else { throw NotHere(address: text) }
        return bootstrap.bind(to: address).channelOption(Self.bindsWithoutPort, value: 1)
    }
}

// MARK: - Failures

extension NIOTransport {
    // IP_BIND_ADDRESS_NO_PORT (ip(7)): the port is chosen at connect, so that one address has all its ports to each peer.
    private static let bindsWithoutPort = ChannelOptions.socket(SocketOptionLevel(0), SocketOptionName(24))

    private static func failure(_ error: any Error, _ target: Target) -> any Error {
        let address = target.egress.address ?? ""
        if error is NotHere { return ConnectionFailure("\(address) is not an IP address", kind: .ours) }
        let words = words(error)
        // The words are the library's: the name of the system call that failed comes first.
        if !address.isEmpty, words.hasPrefix("bind(") {
            let text = Self.isAbsent(error) ? "is not on this machine" : "cannot be used: \(words)"
            return ConnectionFailure(
                reply: Reply(451, .init(4, 3, 0), "Address \(address) \(text)"), kind: .ours)
        }
        return ConnectionFailure("Cannot connect to \(target.host):\(target.port): \(words)")
    }

    private static func isAbsent(_ error: any Error) -> Bool {
        let single = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        return (single as? IOError)?.errnoCode == EADDRNOTAVAIL
    }

    private static func words(_ error: any Error) -> String {
        guard let failed = error as? NIOConnectionError else { return "\(error)" }
        let dns = [failed.dnsAError, failed.dnsAAAAError].compactMap(\.self).map { "\($0)" }
        return (failed.connectionErrors.map { "\($0.error)" } + dns).joined(separator: ", ")
    }

    private struct NotHere: Error {
        let address: String
    }
}

/// The TLS handshake did not end well; whether to go on without is for the caller to say.
struct HandshakeFailure: Error {
    let failure: TLSFailure
    let transcript: Transcript

    func failure(at target: Target) -> ConnectionFailure {
        var failure = ConnectionFailure(failure, with: target.serverName)
        failure.transcript = transcript
        return failure
    }
}
