// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import DNS
import Mail
package import NIOCore
import NIOHTTP1
import NIOSSL

/// HTTPS to strangers, whose names come out of the DNS or out of a configuration that others write.
///
/// - The host's addresses come from our own resolver and are looked at before anybody connects: none of a private
///   network, unless the operator allows it. The connection goes to that very address, so a second answer of the DNS
///   cannot lead elsewhere.
/// - The certificate must verify under the system's authorities or the operator's, for the host's name; TLS 1.2 at least.
/// - No redirect is followed, no proxy used, nothing decompressed.
///
/// Limits: three addresses, 60 seconds in all, and octets of an answer that the caller sets.
package struct WebClient: Sendable {
    package struct Settings: Sendable {
        /// More CA files, PEM.
        package var trust: [String]
        /// Other than 443 only for tests.
        package var port = 443
        /// Whether names may lead into private networks and to this machine.
        package var allowsPrivateNetworks = false
        package var timeout = TimeAmount.seconds(60)

        package init(trust: [String]) { self.trust = trust }
    }

    static let maximumAddresses = 3

    struct Answer: Sendable {
        let status: UInt
        /// Lower case, without parameters.
        let mediaType: String
        let body: [UInt8]
    }

    struct Message: Sendable {
        var method = "GET"
        var headers: [(String, String)] = []
        var body: [UInt8] = []
        /// Octets of the answer's body.
        var maximumAnswer: Int
    }

    private let settings: Settings
    private let dns: any DNSLookup
    private let group: any EventLoopGroup
    private let tls: TLSConfiguration

    /// - Throws: when a CA file cannot be read.
    package init(_ settings: Settings, dns: any DNSLookup, group: any EventLoopGroup) throws {
        self.settings = settings
        self.dns = dns
        self.group = group
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.additionalTrustRoots = [
            .certificates(try settings.trust.flatMap { try NIOSSLCertificate.fromPEMFile($0) })
        ]
        self.tls = tls
    }

    /// - Throws: `WebFailure`, `CertificateRefused`, or what the connection failed with.
    func exchange(_ message: Message, with address: WebAddress) async throws -> Answer {
        let hosts = try await addresses(of: address.host)
        return try await limited {
            var last: any Error = WebFailure("no address of \(address.host) answered")
            for host in hosts {
                do { return try await exchange(message, with: address, at: host) } catch { last = error }
                try Task.checkCancellation()
            }
            throw last
        }
    }

    private func addresses(of host: Domain) async throws -> [String] {
        let answer = await dns.addresses(host.description)
        if case .failed(let reason) = answer.status { throw WebFailure("DNS lookup of \(host) failed: \(reason)") }
        let all = answer.records.map(\.address)
        guard !all.isEmpty else { throw WebFailure("\(host) has no address") }
        let open = settings.allowsPrivateNetworks ? all : all.filter(PublicAddress.contains)
        guard !open.isEmpty else { throw WebFailure("\(host) leads into a private network") }
        return Array(open.prefix(Self.maximumAddresses))
    }

    private func exchange(_ message: Message, with address: WebAddress, at host: String) async throws -> Answer {
        let client = HTTPClient(eventLoopGroup: group, configuration: configuration(address.host, at: host))
        do {
            let answer = try await exchange(message, with: address, over: client)
            try await client.shutdown()
            return answer
        } catch {
            try? await client.shutdown()
            throw CertificateRefused(error) ?? error
        }
    }

    private func configuration(_ name: Domain, at host: String) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: settings.timeout), decompression: .disabled)
        configuration.dnsOverride = [name.description: host]
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    private func exchange(_ message: Message, with address: WebAddress, over client: HTTPClient) async throws -> Answer
    {
        let port = settings.port == 443 ? "" : ":\(settings.port)"
        var request = HTTPClientRequest(url: "https://\(address.host)\(port)\(address.path)")
        request.method = .init(rawValue: message.method)
        for (name, value) in message.headers { request.headers.add(name: name, value: value) }
        if !message.body.isEmpty { request.body = .bytes(message.body) }
        let response = try await client.execute(request, timeout: settings.timeout)
        var body: [UInt8] = []
        for try await piece in response.body {
            guard body.count + piece.readableBytes <= message.maximumAnswer else {
                throw WebFailure("\(address.host) answered with more than \(message.maximumAnswer) octets")
            }
            body += piece.readableBytesView
        }
        let type = response.headers.first(name: "Content-Type")?.split(separator: ";").first ?? ""
        return Answer(
            status: response.status.code, mediaType: type.filter { $0 != " " && $0 != "\t" }.lowercased(), body: body)
    }

    // The library's own limit ends with the head of the answer.
    private func limited<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let seconds = Double(settings.timeout.nanoseconds) / 1_000_000_000
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw WebFailure("no answer in \(Int(seconds)) seconds")
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}

/// The server's certificate did not verify.
struct CertificateRefused: Error, CustomStringConvertible {
    let description: String

    init?(_ error: any Error) {
        switch error {
        case NIOSSLError.handshakeFailed(let reason): description = "TLS handshake failed: \(reason)"
        case is NIOSSLExtraError: description = "\(error)"
        default: return nil
        }
    }
}
