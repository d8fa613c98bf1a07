// SPDX-License-Identifier: Apache-2.0

import Authentication
import Crypto
import Mail
import Testing

@Suite("DANE")
struct DANETests {
    private let root: DANEAuthority
    private let issuer: DANEAuthority
    private let leaf: [UInt8]
    private let host = "mx.example.com"

    init() throws {
        root = try DANEAuthority("root")
        issuer = try DANEAuthority("issuer", by: root)
        leaf = try issuer.server(["mx.example.com"])
    }

    private func verify(
        _ chain: [[UInt8]], _ associations: [CertificateAssociation?], names: [String]? = nil
    ) async throws -> DANE.Verdict {
        let chain = try #require(PresentedChain(der: chain))
        return await DANE.verify(
            chain, associations.compactMap(\.self), names: names ?? [host], at: DANEAuthority.moment)
    }

    private func association(
        _ usage: UInt8, _ selector: UInt8, _ matching: UInt8, of certificate: [UInt8]
    ) throws -> CertificateAssociation? {
        let selected = selector == 0 ? certificate : try DANEAuthority.publicKey(certificate)
        let data: [UInt8] =
            switch matching {
            case 1: Array(SHA256.hash(data: selected))
            case 2: Array(SHA512.hash(data: selected))
            default: selected
            }
        return CertificateAssociation(usage: usage, selector: selector, matching: matching, data: data)
    }

    private static let kinds = [0, 1].flatMap { selector in [0, 1, 2].map { (UInt8(selector), UInt8($0)) } }

    @Test("a record of the server's own certificate proves it, by whole or key, as it is or hashed", arguments: kinds)
    func endEntity(_ selector: UInt8, _ matching: UInt8) async throws {
        let record = try association(3, selector, matching, of: leaf)
        #expect(try await verify([leaf], [record]) == .matched(.endEntity))
        #expect(try await verify([leaf], [record], names: ["elsewhere.example"]) == .matched(.endEntity))
        let other = try issuer.server([host])
        #expect(
            try await verify([other, issuer.der], [record])
                == .failed(.untrusted("no TLSA record matches the certificate")))
    }

    @Test("neither dates nor names count for the server's own certificate (RFC 7671 §5.1)")
    func expiredEndEntity() async throws {
        let old = try issuer.server(["other.example"], days: 1)
        #expect(try await verify([old], [association(3, 1, 1, of: old)]) == .matched(.endEntity))
    }

    @Test("a record of an issuer proves what it signed, for the right name", arguments: kinds)
    func trustAnchor(_ selector: UInt8, _ matching: UInt8) async throws {
        let record = try association(2, selector, matching, of: issuer.der)
        #expect(try await verify([leaf, issuer.der], [record]) == .matched(.trustAnchor))
        #expect(
            try await verify([leaf, issuer.der], [record], names: ["example.com", host]) == .matched(.trustAnchor))
        #expect(
            try await verify([leaf, issuer.der], [record], names: ["mx.example.net"])
                == .failed(.nameMismatch("the certificate is not for mx.example.net")))
    }

    @Test("a record of a root proves through an intermediate that is sent along, in any order")
    func intermediate() async throws {
        let record = try association(2, 0, 1, of: root.der)
        #expect(try await verify([leaf, issuer.der, root.der], [record]) == .matched(.trustAnchor))
        #expect(try await verify([leaf, root.der, issuer.der], [record]) == .matched(.trustAnchor))
        guard case .failed = try await verify([leaf, issuer.der], [record]) else {
            Issue.record("a root that nobody showed was believed")
            return
        }
    }

    @Test("an issuer that the DNS holds whole need not be sent")
    func unsent() async throws {
        #expect(try await verify([leaf], [association(2, 0, 0, of: issuer.der)]) == .matched(.trustAnchor))
    }

    @Test("an issuer that signed nothing here proves nothing, though it is shown and recorded")
    func stranger() async throws {
        let stranger = try DANEAuthority("issuer", by: root)
        let record = try association(2, 1, 1, of: stranger.der)
        #expect(
            try await verify([leaf, issuer.der, stranger.der], [record])
                == .failed(.untrusted("no trusted authority signed the certificate")))
    }

    @Test("an issuer's record is not of the server's own certificate")
    func leafAsAnchor() async throws {
        #expect(
            try await verify([leaf, issuer.der], [association(2, 1, 1, of: leaf)])
                == .failed(.untrusted("no TLSA record matches the certificate")))
    }

    @Test("what an issuer signed must be alive and for servers")
    func policyOfAnchors() async throws {
        let record = try association(2, 1, 1, of: issuer.der)
        let old = try issuer.server([host], days: 1)
        #expect(try await verify([old, issuer.der], [record]) == .failed(.expired("a certificate expired")))
        let mail = try issuer.server([host], isForServers: false)
        #expect(
            try await verify([mail, issuer.der], [record])
                == .failed(.untrusted("no trusted authority signed the certificate")))
    }

    @Test("one record that matches is enough, in whatever place (key roll-over)")
    func rollover() async throws {
        let next = try association(3, 1, 1, of: try issuer.server([host]))
        let unrelated = try association(2, 0, 2, of: root.der)
        #expect(
            try await verify([leaf], [next, unrelated, association(3, 1, 1, of: leaf)]) == .matched(.endEntity))
    }

    @Test(
        "records that cannot serve SMTP are no associations (RFC 7672 §3.1.3)",
        arguments: [
            (0, 1, 1, 32), (1, 1, 1, 32), (4, 1, 1, 32), (255, 1, 1, 32), (3, 2, 1, 32), (3, 1, 3, 32), (3, 1, 1, 31),
            (3, 1, 1, 0), (3, 1, 2, 32), (3, 0, 0, 0),
        ])
    func unusable(_ usage: Int, _ selector: Int, _ matching: Int, _ length: Int) {
        let record = CertificateAssociation(
            usage: UInt8(usage), selector: UInt8(selector), matching: UInt8(matching),
            data: [UInt8](repeating: 7, count: length))
        #expect(record == nil)
    }

    @Test("are written as zones write them")
    func presentation() {
        let record = CertificateAssociation(
            usage: 3, selector: 1, matching: 1, data: [0x0A] + [UInt8](repeating: 0xFF, count: 31))
        #expect(record?.presentation == "3 1 1 0a" + String(repeating: "ff", count: 31))
    }

    @Test(
        "bytes that are no certificate match nothing and trap nowhere",
        arguments: [
            [0], [0x30], [0x30, 0x80], [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x30, 0x02, 0x30, 0x00],
            [0x30, 0x04, 0x30, 0x02, 0xA0, 0x00], [UInt8](repeating: 0x30, count: 5_000),
        ] as [[UInt8]])
    func garbage(_ bytes: [UInt8]) async throws {
        let key = try association(3, 1, 1, of: leaf)
        let whole = try association(2, 0, 1, of: leaf)
        guard case .failed = try await verify([bytes, bytes], [key, whole]) else {
            Issue.record("garbage was believed")
            return
        }
    }

    @Test("a truncated certificate never matches by its key")
    func truncated() async throws {
        let record = try association(3, 1, 1, of: leaf)
        for length in stride(from: 1, to: leaf.count, by: 7) {
            guard case .failed = try await verify([Array(leaf.prefix(length))], [record]) else {
                Issue.record("\(length) octets were believed")
                return
            }
        }
    }

    @Test("a chain beyond the limits is none")
    func limits() {
        #expect(PresentedChain(der: []) == nil)
        #expect(PresentedChain(der: [[]]) == nil)
        #expect(PresentedChain(der: [[UInt8]](repeating: leaf, count: 11)) == nil)
        #expect(PresentedChain(der: [leaf, [UInt8](repeating: 0, count: 65_537)]) == nil)
    }
}
