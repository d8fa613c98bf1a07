// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import DNS
import Glibc
package import NIOCore
import NIOHTTP1
import NIOSSL
package import Notify

/// HTTP and HTTPS to addresses that subscribers chose, at any port: each post on a connection of its own.
///
/// - Every address of a name is looked at before anybody connects, and the connection goes to one of those that were: a
///   second answer of the DNS cannot lead elsewhere. Closed addresses (`PublicAddress`) are spoken to only inside the
///   networks that the operator allows; of a name with open and closed ones, the open ones.
/// - No redirect is followed, no proxy used, nothing decompressed. Certificates must verify for the host's name.
///
/// Limits: three addresses, 15 seconds in all, 64 KB of an answer, which nobody reads.
package struct WebhookClient: WebhookPosting {
    package struct Settings: Sendable {
        /// More CA files, PEM.
        package var trust: [String]
        /// `127.0.0.0/8`, `fd00::/8`: closed networks that may be spoken to all the same.
        package var allowedNetworks: [String]

        package init(trust: [String] = [], allowedNetworks: [String] = []) {
            self.trust = trust
            self.allowedNetworks = allowedNetworks
        }
    }

    static let maximumAddresses = 3
    static let maximumAnswer = 64 << 10
    private static let seconds: Int64 = 15

    private let dns: any DNSLookup
    private let group: any EventLoopGroup
    private let tls: TLSConfiguration
    private let allowed: [AddressRange]

    /// - Throws: when a CA file cannot be read, or a network is none.
    package init(_ settings: Settings, dns: any DNSLookup, group: any EventLoopGroup) throws {
        self.dns = dns
        self.group = group
        allowed = try settings.allowedNetworks.map { text in
            guard let range = AddressRange(text) else { throw WebFailure("\(text) is no network") }
            return range
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.additionalTrustRoots = [
            .certificates(try settings.trust.flatMap { try NIOSSLCertificate.fromPEMFile($0) })
        ]
        self.tls = tls
    }

    package func post(
        _ body: [UInt8], headers: [(name: String, value: String)], to address: WebhookAddress
    ) async throws(WebhookFailure) -> Int {
        do {
            return try await limited {
                var last: any Error = WebhookFailure("no address of \(address.host) answered")
                for host in try await addresses(of: address) {
                    do { return try await post(body, headers, to: address, at: host) } catch { last = error }
                    try Task.checkCancellation()
                }
                throw last
            }
        } catch let failure as WebhookFailure {
            throw failure
        } catch {
            throw WebhookFailure("\(error)")
        }
    }

    /// The addresses that may be connected to.
    func addresses(of address: WebhookAddress) async throws(WebhookFailure) -> [String] {
        var all = [address.host]
        if !address.isLiteral {
            let answer = await dns.addresses(address.host)
            if case .failed(let reason) = answer.status {
                throw WebhookFailure("DNS lookup of \(address.host) failed: \(reason)")
            }
            all = answer.records.map(\.address)
        }
        guard !all.isEmpty else { throw WebhookFailure("\(address.host) has no address") }
        let open = all.filter(mayConnect)
        guard !open.isEmpty else {
            throw WebhookFailure("\(address.host) leads into a network that is closed", isFinal: true)
        }
        return Array(open.prefix(Self.maximumAddresses))
    }

    private func mayConnect(_ address: String) -> Bool {
        PublicAddress.contains(address) || allowed.contains { $0.contains(address) }
    }

    private func post(
        _ body: [UInt8], _ headers: [(name: String, value: String)], to address: WebhookAddress, at host: String
    ) async throws -> Int {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: .seconds(Self.seconds)), decompression: .disabled)
        if !address.isLiteral { configuration.dnsOverride = [address.host: host] }
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroup: group, configuration: configuration)
        do {
            let status = try await post(body, headers, to: address, over: client)
            try await client.shutdown()
            return status
        } catch {
            try? await client.shutdown()
            throw CertificateRefused(error) ?? error
        }
    }

    private func post(
        _ body: [UInt8], _ headers: [(name: String, value: String)], to address: WebhookAddress, over client: HTTPClient
    ) async throws -> Int {
        var request = HTTPClientRequest(url: address.description)
        request.method = .POST
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(body)
        let response = try await client.execute(request, timeout: .seconds(Self.seconds))
        var length = 0
        for try await piece in response.body {
            length += piece.readableBytes
            guard length <= Self.maximumAnswer else {
                throw WebFailure("\(address.host) answered with more than \(Self.maximumAnswer) octets")
            }
        }
        return Int(response.status.code)
    }

    // The library's own limit ends with the head of the answer.
    private func limited(_ work: @escaping @Sendable () async throws -> Int) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: .seconds(Self.seconds))
                throw WebFailure("no answer in \(Self.seconds) seconds")
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}

/// `192.0.2.0/24`, `2001:db8::/32`, or one address (RFC 4632 §3.1, RFC 4291 §2.3).
struct AddressRange: Hashable, Sendable {
    private let octets: [UInt8]
    private let bits: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let octets = Self.octets(String(parts[0])) else { return nil }
        self.octets = octets
        guard parts.count == 2 else {
            bits = octets.count * 8
            return
        }
        guard let bits = Int(parts[1]), (0...octets.count * 8).contains(bits) else { return nil }
        self.bits = bits
    }

    func contains(_ address: String) -> Bool {
        guard let other = Self.octets(address), other.count == octets.count else { return false }
        var rest = bits
        for (own, theirs) in zip(octets, other) where rest > 0 {
            let mask = rest >= 8 ? UInt8.max : ~(UInt8.max >> UInt8(rest))
            guard own & mask == theirs & mask else { return false }
            rest -= 8
        }
        return true
    }

    private static func octets(_ text: String) -> [UInt8]? {
        var v4 = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &v4) == 1 { return v4 }
        var v6 = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &v6) == 1 ? v6 : nil
    }
}
