// SPDX-License-Identifier: Apache-2.0

import Authentication
import Mail
import Testing

@Suite("Certificate chains under trusted roots")
struct DANEChainTests {
    private let root: DANEAuthority
    private let issuer: DANEAuthority
    private let roots: TrustRoots

    init() throws {
        root = try DANEAuthority("root")
        issuer = try DANEAuthority("issuer", by: root)
        roots = try TrustRoots(pem: [root.pem])
    }

    private func verify(_ chain: [[UInt8]], _ names: [String] = ["mx.example.com"]) async throws -> ChainVerdict {
        try await #require(PresentedChain(der: chain)).verify(roots, names: names, at: DANEAuthority.moment)
    }

    @Test(
        "a name is carried as it is, or by a star for its first label",
        arguments: [
            ("mx.example.com", true), ("MX.Example.COM", true), ("*.example.com", true), ("*.com", false),
            ("*.mx.example.com", false), ("m*.example.com", false), ("example.com", false),
            ("mx.example.com.evil.test", false),
            ("*", false), ("", false),
        ])
    func names(_ name: String, _ matches: Bool) async throws {
        let verdict = try await verify([try root.server([name])])
        #expect(
            verdict == (matches ? .trusted : .nameMismatch("the certificate is not for mx.example.com")))
    }

    @Test("a common name is no host name")
    func commonName() async throws {
        let leaf = try root.server([], commonName: "mx.example.com")
        #expect(try await verify([leaf]) == .nameMismatch("the certificate is not for mx.example.com"))
    }

    @Test("leads over intermediates that are sent along, not over those that are missing")
    func intermediates() async throws {
        let leaf = try issuer.server(["mx.example.com"])
        #expect(try await verify([leaf, issuer.der]) == .trusted)
        #expect(try await verify([leaf]) == .untrusted("no trusted authority signed the certificate"))
    }

    @Test("says what is wrong: dates, authority, purpose")
    func faults() async throws {
        #expect(try await verify([root.server(["mx.example.com"], days: 1)]) == .expired("a certificate expired"))
        let stranger = try DANEAuthority("root")
        let untrusted = ChainVerdict.untrusted("no trusted authority signed the certificate")
        #expect(try await verify([stranger.server(["mx.example.com"]), stranger.der]) == untrusted)
        #expect(try await verify([root.server(["mx.example.com"], isForServers: false)]) == untrusted)
        #expect(try await verify([[0x30, 0]]) == .unreadable("the certificate cannot be read"))
    }

    @Test("a server's certificate is no authority")
    func leafAsIssuer() async throws {
        let leaf = try issuer.server(["mx.example.com"])
        #expect(try await verify([leaf, leaf, issuer.der, root.der]) == .trusted)
    }

    @Test("a crowd of authorities with one name does not make the search grow")
    func crowd() async throws {
        let leaf = try DANEAuthority("crowd").server(["mx.example.com"])
        let crowd = try (0..<9).map { _ in try DANEAuthority("crowd").der }
        #expect(try await verify([leaf] + crowd) == .untrusted("no trusted authority signed the certificate"))
    }

    @Test("CA files without any certificate are an error that names the file", arguments: ["", "nonsense"])
    func noRoots(_ text: String) {
        #expect(throws: SyntaxError(expected: "certificates in PEM", offset: 1)) {
            try TrustRoots(pem: [root.pem, text])
        }
    }
}
