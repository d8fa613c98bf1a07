// SPDX-License-Identifier: Apache-2.0

import DNS
import NIOCore
import NIOPosix
import Notify
import Synchronization
import Testing

@testable import WebClient

@Suite("Webhooks")
struct WebhookTests {
    /// Answers one list after the other; the last one stays.
    final class TurningDNS: DNSLookup {
        private let lists: Mutex<[[String]]>
        private let count = Mutex(0)
        var lookups: Int { count.withLock { $0 } }

        init(_ lists: [[String]]) { self.lists = Mutex(lists) }

        func mx(_ name: String) async -> Answer<MXRecord> { answer([]) }
        func txt(_ name: String) async -> Answer<TXTRecord> { answer([]) }
        func tlsa(_ name: String) async -> Answer<TLSARecord> { answer([]) }
        func addresses(_ name: String) async -> Answer<AddressRecord> {
            count.withLock { $0 += 1 }
            let list = lists.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? [] }
            return answer(list.map { AddressRecord(address: $0, isIPv6: $0.contains(":")) })
        }

        private func answer<Record: Sendable>(_ records: [Record]) -> Answer<Record> {
            Answer(records: records, status: .found, security: .insecure, timeToLive: 1)
        }
    }

    private func client(_ dns: TurningDNS, _ networks: [String] = []) throws -> WebhookClient {
        try WebhookClient(
            .init(allowedNetworks: networks), dns: dns, group: MultiThreadedEventLoopGroup.singleton)
    }

    private func addresses(
        _ url: String, _ answers: [String], _ networks: [String] = []
    ) async throws -> Result<[String], WebhookFailure> {
        let address = try #require(WebhookAddress(url))
        let client = try client(TurningDNS([answers]), networks)
        do throws(WebhookFailure) { return .success(try await client.addresses(of: address)) } catch {
            return .failure(error)
        }
    }

    @Test(
        "hosts that are addresses of closed networks are not spoken to",
        arguments: [
            "http://127.0.0.1/", "http://127.9.9.9:8080/", "http://0.0.0.0/", "http://10.0.0.1/",
            "http://169.254.169.254/latest/meta-data/", "http://192.168.1.1/", "http://172.16.0.1/",
            "http://100.64.0.1/",
            "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:169.254.169.254]/",
            "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[fe80::1]/",
            "https://[fd00::1]/", "https://[::127.0.0.1]/",
        ])
    func literals(_ url: String) async throws {
        let failure = WebhookFailure(
            "\(try #require(WebhookAddress(url)).host) leads into a network that is closed", isFinal: true)
        #expect(try await addresses(url, []) == .failure(failure))
    }

    @Test(
        "nor are names that lead there",
        arguments: ["127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1", "0.0.0.0"])
    func names(_ answer: String) async throws {
        let failure = WebhookFailure("hook.example leads into a network that is closed", isFinal: true)
        #expect(try await addresses("https://hook.example/", [answer]) == .failure(failure))
    }

    @Test("of several answers those that are open are used; three at most")
    func mixed() async throws {
        #expect(
            try await addresses("https://hook.example/", ["127.0.0.1", "8.8.8.8", "::1"]) == .success(["8.8.8.8"]))
        #expect(
            try await addresses("https://hook.example/", ["8.8.8.8", "8.8.4.4", "1.1.1.1", "9.9.9.9"])
                == .success(["8.8.8.8", "8.8.4.4", "1.1.1.1"]))
        #expect(
            try await addresses("https://hook.example/", [])
                == .failure(WebhookFailure("hook.example has no address")))
    }

    @Test("only the networks that the operator allows are an exception")
    func allowed() async throws {
        #expect(try await addresses("http://127.0.0.1:1/", [], ["127.0.0.0/8"]) == .success(["127.0.0.1"]))
        #expect(try await addresses("http://[fd00::9]/", [], ["fd00::/8"]) == .success(["fd00::9"]))
        for (url, network) in [
            ("http://10.0.0.1/", "127.0.0.0/8"), ("http://127.0.0.2/", "127.0.0.1"),
            ("http://127.0.0.2/", "127.0.0.1/32"),
            ("https://[::ffff:127.0.0.1]/", "127.0.0.0/8"), ("https://[::1]/", "0.0.0.0/0"),
        ] {
            let found = try await addresses(url, [], [network])
            #expect(throws: WebhookFailure.self) { try found.get() }
        }
        #expect(throws: WebFailure.self) { try client(TurningDNS([]), ["127.0.0.0/33"]) }
        #expect(throws: WebFailure.self) { try client(TurningDNS([]), ["localhost"]) }
    }

    private func post(_ url: String, _ dns: TurningDNS) async throws -> Result<Int, WebhookFailure> {
        let client = try client(dns, ["127.0.0.1/32"])
        let address = try #require(WebhookAddress(url))
        do throws(WebhookFailure) {
            return .success(
                try await client.post(
                    Array("body".utf8), headers: [("x-amz-sns-message-type", "Notification")], to: address))
        } catch { return .failure(error) }
    }

    @Test("a second answer of the DNS leads nowhere: one look, one connection, to the address that was looked at")
    func rebinding() async throws {
        let farSide = try await HTTPFarSide("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let dns = TurningDNS([["127.0.0.1"], ["127.0.0.2"]])
        #expect(try await post("http://hook.example:\(farSide.port)/p?q", dns) == .success(200))
        #expect(dns.lookups == 1 && farSide.requests.count == 1)
        let request = try #require(farSide.requests.first)
        #expect(request.hasPrefix("POST /p?q HTTP/1.1\r\n") && request.contains("x-amz-sns-message-type: Notification"))
        #expect(request.lowercased().contains("host: hook.example:\(farSide.port)\r\n"))
        let failure = WebhookFailure("hook.example leads into a network that is closed", isFinal: true)
        #expect(try await post("http://hook.example:\(farSide.port)/", dns) == .failure(failure))
        #expect(farSide.requests.count == 1)
        try await farSide.close()
    }

    @Test("a redirect is an answer, and is not followed")
    func redirects() async throws {
        let farSide = try await HTTPFarSide(
            "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
        #expect(try await post("http://127.0.0.1:\(farSide.port)/", TurningDNS([])) == .success(302))
        #expect(farSide.requests.count == 1)
        try await farSide.close()
    }

    @Test("an answer is not read without end")
    func long() async throws {
        let farSide = try await HTTPFarSide(
            "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + String(repeating: "x", count: 70_000))
        #expect(
            try await post("http://127.0.0.1:\(farSide.port)/", TurningDNS([]))
                == .failure(WebhookFailure("127.0.0.1 answered with more than 65536 octets")))
        try await farSide.close()
    }
}

/// Answers every request with the same octets.
private final class HTTPFarSide: Sendable {
    private let channel: any Channel
    private let received: Received
    let port: Int

    var requests: [String] { received.requests.withLock { $0 } }

    init(_ answer: String) async throws {
        let received = Received()
        self.received = received
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answering(answer, received))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async throws { try await channel.close() }

    final class Received: Sendable { let requests = Mutex<[String]>([]) }

    final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: String
        private let received: Received
        private var text = ""

        init(_ answer: String, _ received: Received) {
            self.answer = answer
            self.received = received
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard text.hasSuffix("\r\n\r\nbody") || text.hasSuffix("0\r\n\r\n") else { return }
            let whole = text
            text = ""
            received.requests.withLock { $0.append(whole) }
            context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: answer)), promise: nil)
        }
    }
}
