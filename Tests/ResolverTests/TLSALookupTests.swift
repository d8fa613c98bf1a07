// SPDX-License-Identifier: Apache-2.0

import DNS
import Resolver
import Testing

@Suite("TLSA records", .enabled(if: NameServer.isInstalled), NameServerTrait())
struct TLSALookupTests {
    private let resolver: UnboundResolver

    init() throws {
        let server = try #require(NameServer.current)
        resolver = try UnboundResolver(.init(servers: [server.address], trustAnchor: server.trustAnchor))
    }

    private static let digest = [UInt8](repeating: 10, count: 32)

    @Test("are given with what DNSSEC says of them, through aliases too", arguments: ["mx", "alias"])
    func secure(_ host: String) async {
        let answer = await resolver.tlsa("_25._tcp.\(host).signed.example")
        #expect(answer.status == .found && answer.security == .secure)
        #expect(
            Set(answer.records) == [
                TLSARecord(usage: 3, selector: 1, matching: 1, data: Self.digest),
                TLSARecord(usage: 2, selector: 0, matching: 2, data: Self.digest + Self.digest),
            ])
    }

    @Test("are not secure where any part of the way to them is not")
    func insecure() async {
        for host in ["plain", "away.signed"] {
            let answer = await resolver.tlsa("_25._tcp.\(host).example")
            #expect(answer.records.count == 1 && answer.security == .insecure)
        }
    }

    @Test("that were altered are none, and not the same as none")
    func bogus() async {
        let answer = await resolver.tlsa("_25._tcp.broken.signed.example")
        #expect(answer.records.isEmpty && answer.security == .bogus && isFailure(answer.status))
    }

    @Test("that do not exist are known not to")
    func absent() async {
        let answer = await resolver.tlsa("_25._tcp.absent.signed.example")
        #expect(answer.status == .noName && answer.security == .secure)
    }

    @Test("belong to a host by its own name: an alias says whose")
    func canonicalName() async {
        let alias = await resolver.addresses("alias.signed.example")
        #expect(alias.canonicalName == "mx.signed.example" && alias.security == .secure)
        #expect(await resolver.addresses("MX.signed.example").canonicalName == nil)
    }

    @Test("cannot be turned off by spoiling one kind of address")
    func halfSpoilt() async {
        let answer = await resolver.addresses("lame.signed.example")
        #expect(answer.records.map(\.address) == ["192.0.2.67"] && answer.security == .secure)
    }
}
