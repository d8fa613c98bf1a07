// SPDX-License-Identifier: Apache-2.0

import DNS
import Resolver
import Testing

@Suite("Resolver's limits")
struct ResolverLimitTests {
    private func settings(_ servers: [String], timeout: Double = 0.2) -> UnboundResolver.Settings {
        var settings = UnboundResolver.Settings(servers: servers, trustAnchor: nil)
        settings.timeout = timeout
        return settings
    }

    @Test("gives up on servers that are silent")
    func silent() async throws {
        let silent = try DatagramSocket()
        let resolver = try UnboundResolver(settings(["127.0.0.1:\(silent.port)"]))
        async let mx = resolver.mx("a.example").status
        async let txt = resolver.txt("a.example").status
        async let addresses = resolver.addresses("a.example").status
        #expect(
            await [mx, txt, addresses] == [AnswerStatus](repeating: .failed(reason: "no answer in time"), count: 3))
        withExtendedLifetime(silent) {}
    }

    @Test("refuses more questions than it may hold, and takes others when they are done")
    func questions() async throws {
        let silent = try DatagramSocket()
        var few = settings(["127.0.0.1:\(silent.port)"])
        few.maximumQuestions = 2
        let resolver = try UnboundResolver(few)
        for _ in 0..<2 {
            let reasons = await withTaskGroup(of: AnswerStatus.self) { group in
                for index in 0..<5 { group.addTask { await resolver.txt("n\(index).example").status } }
                return await group.reduce(into: [:] as [AnswerStatus: Int]) { $0[$1, default: 0] += 1 }
            }
            let refused = AnswerStatus.failed(reason: "too many questions at one time")
            #expect(reasons == [refused: 3, .failed(reason: "no answer in time"): 2])
        }
        withExtendedLifetime(silent) {}
    }

    @Test(
        "takes servers with and without port, of both families",
        arguments: ["127.0.0.1", "127.0.0.1:5353", "::1", "[::1]", "[::1]:5353", "2001:db8::1"])
    func servers(_ server: String) throws {
        _ = try UnboundResolver(settings([server]))
    }

    @Test(
        "refuses what is no server's address",
        arguments: ["", "localhost", "dns.example.com:53", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:0", "300.0.0.1"])
    func notServers(_ server: String) {
        #expect(throws: ResolverFailure.self) { try UnboundResolver(settings([server])) }
    }

    @Test("refuses ports that are none and brackets left open", arguments: ["127.0.0.1:99999", "[::1", "::1]"])
    func almostServers(_ server: String) {
        #expect(throws: ResolverFailure.self) { try UnboundResolver(settings([server])) }
    }

    @Test("takes a trust anchor that is not there for a failure")
    func noAnchor() async throws {
        var settings = settings(["127.0.0.1:1"])
        settings.trustAnchor = "/nowhere/root.key"
        let resolver = try? UnboundResolver(settings)
        let status = await resolver?.txt("a.example").status
        #expect(status.map(isFailure) ?? true)
    }
}
