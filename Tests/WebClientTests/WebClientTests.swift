// SPDX-License-Identifier: Apache-2.0

import DNS
import Delivery
import Mail
import NIOCore
import NIOPosix
import Reports
import Testing

@testable import WebClient

@Suite("Web client")
struct WebClientTests {
    /// Every name leads to the same addresses.
    struct FixedDNS: DNSLookup {
        let list: [String]
        var status = AnswerStatus.found

        func mx(_ name: String) async -> Answer<MXRecord> { answer([]) }
        func txt(_ name: String) async -> Answer<TXTRecord> { answer([]) }
        func tlsa(_ name: String) async -> Answer<TLSARecord> { answer([]) }
        func addresses(_ name: String) async -> Answer<AddressRecord> {
            answer(list.map { AddressRecord(address: $0, isIPv6: $0.contains(":")) })
        }

        private func answer<Record: Sendable>(_ records: [Record]) -> Answer<Record> {
            Answer(records: records, status: status, security: .insecure, timeToLive: 1)
        }
    }

    private func failure(_ dns: FixedDNS) async throws -> TLSFailure? {
        let client = try WebClient(.init(trust: []), dns: dns, group: MultiThreadedEventLoopGroup.singleton)
        let domain = try Domain(parsing: "rome.example")
        do throws(TLSFailure) {
            _ = try await client.policy(of: domain)
            return nil
        } catch { return error }
    }

    @Test("connects to no private address, in whatever way it is written")
    func privateNetworks() async throws {
        let dns = FixedDNS(list: ["127.0.0.1", "::1", "10.0.0.1", "::ffff:169.254.169.254"])
        #expect(
            try await failure(dns)
                == TLSFailure(.stsPolicyFetchError, "mta-sts.rome.example leads into a private network"))
    }

    @Test("says so when a name has no address or the DNS does not answer")
    func nowhere() async throws {
        #expect(
            try await failure(FixedDNS(list: []))
                == TLSFailure(.stsPolicyFetchError, "mta-sts.rome.example has no address"))
        #expect(
            try await failure(FixedDNS(list: [], status: .failed(reason: "SERVFAIL")))
                == TLSFailure(.stsPolicyFetchError, "DNS lookup of mta-sts.rome.example failed: SERVFAIL"))
    }

    @Test(
        "addresses of the open internet",
        arguments: [
            "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.254",
            "2606:4700::1", "2001:4860:4860::8888", "2a00::1", "64:ff9b::808:808", "2002:808:808::1",
        ])
    func open(_ address: String) { #expect(PublicAddress.contains(address)) }

    @Test(
        "addresses of closed networks, and what is no address",
        arguments: [
            "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
            "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1",
            "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",
            "2001::1", "2001:db8::1", "2002:7f00:1::1", "2002:c0a8:101::1", "3fff::1", "fc00::1", "fd00::1", "fe80::1",
            "fec0::1", "ff02::1", "", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4.5",
        ])
    func closed(_ address: String) { #expect(!PublicAddress.contains(address)) }

    @Test(
        "web addresses are read",
        arguments: [
            ("https://r.rome.example/v1/x?y=1#z", "r.rome.example", "/v1/x?y=1"),
            ("https://R.example", "r.example", "/"),
            ("HTTPS://r.example:443/", "r.example", "/"), ("https://r.example?q", "r.example", "/?q"),
        ])
    func webAddresses(_ text: String, _ host: String, _ path: String) throws {
        let address = try WebAddress(parsing: text)
        #expect(address.host.description == host && address.path == path)
    }

    @Test(
        "what could lead elsewhere is no web address",
        arguments: [
            "http://r.example/", "https://", "https:///x", "https://user@r.example/", "https://r.example:25/",
            "https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://[::1]/", "https://r.example\\@x/",
            "https://r.example/\r\nHost: x", "https://r.example /", "ftp://r.example/", "https://r..example/",
            "https://r.example/" + String(repeating: "a", count: 1_000),
        ])
    func noWebAddresses(_ text: String) {
        #expect(throws: WebFailure.self) { try WebAddress(parsing: text) }
    }
}
