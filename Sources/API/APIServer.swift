// SPDX-License-Identifier: Apache-2.0

package import AWSWire
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
package import NIOSSL
import ServiceLifecycle

/// The API door: every AWS service on one port, and `/health`.
package struct APIServer: Service {
    package struct Settings: Sendable {
        package var host: String
        package var port: Int
        /// Nil for plain HTTP.
        package var tls: TLSConfiguration?
        /// What `aws:SourceVpce` is for requests here.
        package var vpcEndpoint: String?

        package init(host: String, port: Int, tls: TLSConfiguration?, vpcEndpoint: String? = nil) {
            self.vpcEndpoint = vpcEndpoint
            self.host = host
            self.port = port
            self.tls = tls
        }
    }

    /// How the server does its work, part by part: `ok`, `degraded` where mail goes on none the less, or `failing`.
    package typealias Health = @Sendable () async -> (parts: [(part: String, state: String)], canWork: Bool)

    /// Takes the token of a link that somebody confirmed: whether it was good, and where they are led from there.
    package typealias Confirm = @Sendable (String) async throws -> (isGood: Bool, redirection: String?)

    /// Answers a GET without a signature, by path, query and the peer's address; nil for what is a request of a service.
    package typealias Pages =
        @Sendable (_ path: String, _ query: String, _ peer: String) async throws -> (
            status: Int, type: String, body: [UInt8]
        )?

    /// A connection on which nothing moves is closed.
    private static let http = HTTP1Channel.Configuration(idleTimeout: .seconds(30))

    private let application: any ApplicationProtocol
    private let address: String

    /// - Parameter bound: called once the port is open, with its number.
    package init(
        _ settings: Settings, router: ServiceRouter, health: @escaping Health, confirm: @escaping Confirm,
        pages: @escaping Pages,
        logger: Logger,
        bound: @escaping @Sendable (Int) async -> Void
    ) throws {
        address = "\(settings.host):\(settings.port)"
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let responder = APIResponder(
            router: router, health: health, confirm: confirm, pages: pages, isSecure: settings.tls != nil,
            vpcEndpoint: settings.vpcEndpoint)
        let configuration = ApplicationConfiguration(
            address: .hostname(settings.host, port: settings.port), serverName: nil)
        let onRunning: @Sendable (any Channel) async -> Void = { await bound($0.localAddress?.port ?? 0) }
        if var tls = settings.tls {
            tls.minimumTLSVersion = .tlsv12
            application = Application(
                responder: responder, server: try .tls(.http1(configuration: Self.http), tlsConfiguration: tls),
                configuration: configuration,
                onServerRunning: onRunning, logger: quiet)
        } else {
            application = Application(
                responder: responder, server: .http1(configuration: Self.http), configuration: configuration,
                onServerRunning: onRunning,
                logger: quiet)
        }
    }

    /// - Throws: `PortFailure` when the port cannot be opened.
    package func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw PortFailure(address: address, reason: "\(error)")
        }
    }
}

/// What a handler may know of the connection.
struct ConnectionContext: Hummingbird.RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// A port that could not be opened, in words for the operator.
struct PortFailure: Error, CustomStringConvertible {
    let address: String
    let reason: String

    var description: String { "cannot listen on \(address): \(reason)" }
}
