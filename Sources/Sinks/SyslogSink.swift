// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOPosix
import NIOSSL
package import Shipping

/// Syslog over TLS (RFC 5425), one connection, kept.
///
/// The protocol has no acknowledgement: a batch counts as durable when the connection has taken it. What the far side had
/// not read when it fell is lost; a sink that must lose nothing is HEC with acknowledgement, or a file.
package actor SyslogSink: ShipmentSink {
    private let endpoints: [(host: String, port: Int)]
    private let group: any EventLoopGroup
    private let tls: NIOSSLContext
    private let writeTimeout: TimeAmount
    private var current = 0
    private var channel: (any Channel)?

    /// - Throws: when the CA file cannot be read.
    package init(
        endpoints: [(host: String, port: Int)], ca: String?, group: any EventLoopGroup,
        writeTimeout: TimeAmount = .seconds(60)
    ) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let ca { configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(ca)) }
        tls = try NIOSSLContext(configuration: configuration)
        self.endpoints = endpoints
        self.group = group
        self.writeTimeout = writeTimeout
    }

    package func send(_ batch: [Shipment]) async -> ShipmentVerdict {
        var octets: [UInt8] = []
        for shipment in batch { SyslogMessage.frame(shipment, to: &octets) }
        var worst = ShipmentVerdict.stop("no endpoint is named")
        for _ in endpoints.indices {
            let (host, port) = endpoints[current]
            do {
                try await write(octets, over: try await connected(host, port))
                return .durable()
            } catch {
                worst = .retry("\(host):\(port): \(error)")
                await close()
                current = (current + 1) % endpoints.count
            }
        }
        return worst
    }

    package func close() async {
        try? await channel?.close()
        channel = nil
    }

    private func connected(_ host: String, _ port: Int) async throws -> any Channel {
        if let channel, channel.isActive { return channel }
        let tls = tls
        let channel = try await ClientBootstrap(group: group).connectTimeout(.seconds(10)).channelInitializer {
            channel in
            channel.eventLoop.makeCompletedFuture {
                let name = try? SocketAddress(ipAddress: host, port: port)
                let handler = try NIOSSLClientHandler(context: tls, serverHostname: name == nil ? host : nil)
                try channel.pipeline.syncOperations.addHandlers(handler, ErrorCloser())
            }
        }.connect(host: host, port: port).get()
        self.channel = channel
        return channel
    }

    // A far side that reads no more would hold the write forever.
    private func write(_ octets: [UInt8], over channel: any Channel) async throws {
        let timer = channel.eventLoop.scheduleTask(in: writeTimeout) { channel.close(promise: nil) }
        defer { timer.cancel() }
        try await channel.writeAndFlush(ByteBuffer(bytes: octets)).get()
    }
}

/// A connection on which anything goes wrong, the handshake among it, is none.
private final class ErrorCloser: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    // Nothing is said to us by syslog.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}
