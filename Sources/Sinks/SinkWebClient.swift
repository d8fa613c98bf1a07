// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import NIOCore
import NIOHTTP1
import NIOSSL
package import Shipping

/// HTTPS to the operator's own sinks.
///
/// With a CA file only its authorities are trusted, else the system's; TLS 1.2 at least, no redirect, no proxy, nothing
/// decompressed. Limits: 10 seconds to connect, 60 in all, 64 KiB of an answer.
package final class SinkWebClient: SinkWeb {
    private static let maximumAnswer = 64 * 1024

    private let client: HTTPClient
    private let timeout: TimeAmount

    /// - Throws: when the CA file cannot be read.
    package init(ca: String?, group: any EventLoopGroup, timeout: TimeAmount = .seconds(60)) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let ca { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(ca)) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: timeout), decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroup: group, configuration: configuration)
        self.timeout = timeout
    }

    // A server that cannot start drops its clients unused; the library wants even those to be shut down.
    deinit { client.shutdown { _ in } }

    package func close() async { try? await client.shutdown() }

    package func post(_ request: SinkRequest) async throws -> SinkAnswer {
        var message = HTTPClientRequest(url: request.url)
        message.method = .POST
        for (name, value) in request.headers { message.headers.add(name: name, value: value) }
        message.body = .bytes(request.body)
        let response = try await client.execute(message, timeout: timeout)
        // The library's own limit ends with the head of the answer; the one on reading ends a body that stops coming.
        var body: [UInt8] = []
        for try await piece in response.body {
            guard body.count + piece.readableBytes <= Self.maximumAnswer else {
                throw SinkFailure("an answer of more than \(Self.maximumAnswer) octets")
            }
            body += piece.readableBytesView
        }
        let after = response.headers.first(name: "Retry-After").flatMap { UInt32($0) }
        return SinkAnswer(status: Int(response.status.code), body: body, retryAfter: after.map { Double($0) })
    }
}

/// Why a sink did not take something.
struct SinkFailure: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
