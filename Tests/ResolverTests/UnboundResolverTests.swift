// SPDX-License-Identifier: Apache-2.0

import DNS
import Resolver
import Testing

@Suite("Resolver", .enabled(if: NameServer.isInstalled), NameServerTrait())
struct UnboundResolverTests {
    private let resolver: UnboundResolver

    init() throws {
        let server = try #require(NameServer.current)
        resolver = try UnboundResolver(.init(servers: [server.address], trustAnchor: server.trustAnchor))
    }

    @Test("gives mail exchangers with their preference, in lower case, and how long they may be kept")
    func mx() async {
        let answer = await resolver.mx("plain.example")
        #expect(answer.status == .found && answer.security == .insecure)
        #expect(
            Set(answer.records) == [
                MXRecord(preference: 10, exchange: "mx1.plain.example"),
                MXRecord(preference: 20, exchange: "mx2.plain.example"),
            ])
        #expect((1...300).contains(answer.timeToLive))
        #expect(await resolver.mx("null.plain.example").records == [MXRecord(preference: 0, exchange: "")])
    }

    @Test(
        "gives addresses of both kinds or of the one there is",
        arguments: [("mx1", 2, 1), ("four", 1, 0), ("six", 0, 1)])
    func addresses(_ host: String, _ v4: Int, _ v6: Int) async {
        let answer = await resolver.addresses("\(host).plain.example")
        #expect(answer.status == .found)
        #expect(answer.records.count { !$0.isIPv6 } == v4 && answer.records.count { $0.isIPv6 } == v6)
    }

    @Test("joins the strings of a text, however long, and keeps records apart")
    func txt() async {
        #expect(await Set(resolver.txt("text.plain.example").records.map(\.text)) == ["one two", "other"])
        #expect(await resolver.txt("long.plain.example").records.map(\.text) == [Zones.longText])
    }

    @Test("follows a CNAME into another zone")
    func cname() async {
        let answer = await resolver.txt("token._domainkey.plain.example")
        #expect(answer.status == .found && answer.records.map(\.text) == ["v=DKIM1; k=rsa; p=" + Zones.longText])
    }

    @Test(
        "tells names without such records from names that do not exist",
        arguments: [
            ("plain.example", .noData, .noData), ("mx1.plain.example", .noData, .found),
            ("absent.plain.example", .noName, .noName), ("dangling.plain.example", .noName, .noName),
            ("a.text.plain.example", .noName, .noName), ("_domainkey.plain.example", .noData, .noData),
            ("mx.signed.example", .noData, .found), ("absent.signed.example", .noName, .noName),
        ] as [(String, AnswerStatus, AnswerStatus)])
    func nothing(_ name: String, _ txt: AnswerStatus, _ addresses: AnswerStatus) async {
        #expect(await resolver.txt(name).status == txt)
        #expect(await resolver.addresses(name).status == addresses)
    }

    @Test(
        "knows what DNSSEC vouches for",
        arguments: [
            ("text.signed.example", .secure), ("absent.signed.example", .secure), ("mx.signed.example", .secure),
            ("away.signed.example", .insecure), ("text.plain.example", .insecure),
        ] as [(String, AnswerSecurity)])
    func security(_ name: String, _ security: AnswerSecurity) async {
        #expect(await resolver.txt(name).security == security)
    }

    @Test("takes secure addresses as secure")
    func secureAddresses() async {
        let answer = await resolver.addresses("mx.signed.example")
        #expect(answer.status == .found && answer.security == .secure && answer.records.count == 2)
    }

    @Test("gives no records that were altered")
    func bogus() async {
        let answer = await resolver.txt("bogus.signed.example")
        #expect(answer.security == .bogus && answer.records.isEmpty)
        #expect(isFailure(answer.status))
    }

    @Test("fails for the time being when one kind of address is absent and the other got no answer")
    func half() async {
        let answer = await resolver.addresses("half.signed.example")
        #expect(answer.records.isEmpty)
        #expect(isFailure(answer.status))
    }

    @Test(
        "fails on servers that refuse, on loops and on names that are none",
        arguments: [
            "host.unserved.example", "outside.plain.example", "loop.plain.example", "a..example", ".a.example",
            String(repeating: "a", count: 64) + ".example", String(repeating: "a.", count: 200) + "example",
        ])
    func failures(_ name: String) async {
        #expect(isFailure(await resolver.txt(name).status))
        #expect(isFailure(await resolver.addresses(name).status))
    }

    @Test("answers a thousand questions at one time")
    func many() async {
        let found = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<1_000 {
                group.addTask {
                    index.isMultiple(of: 2)
                        ? await resolver.mx("plain.example").status == .found
                        : await resolver.txt("n\(index).plain.example").status == .noName
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(found == 1_000)
    }
}

func isFailure(_ status: AnswerStatus) -> Bool { if case .failed = status { true } else { false } }
