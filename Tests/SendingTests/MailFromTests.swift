// SPDX-License-Identifier: Apache-2.0

import DNS
import Mail
import Sending
import Testing

@Suite("MAIL FROM domains")
struct MailFromTests {
    private static let ours = [MXRecord(preference: 10, exchange: "mail.example.com")]
    private static let theirs = [MXRecord(preference: 10, exchange: "mx.example.org")]
    private static let spf = "v=spf1 include:mail.example.com ~all"

    private static func dns(_ exchangers: [MXRecord]?, _ text: String?, silent: Set<String> = []) -> ScriptedDNS {
        var dns = ScriptedDNS()
        dns.exchangers["bounce.example.com"] = exchangers
        dns.texts["bounce.example.com"] = text
        dns.silent = silent
        return dns
    }

    private func looked(
        _ house: IdentityHouse, _ dns: ScriptedDNS, after seconds: Double = 0
    ) async throws -> MailFrom? {
        house.clock.advance(seconds)
        let verifier = IdentityVerifier(
            store: house.store, book: house.book, dns: dns, feedbackHost: house.feedbackHost, now: house.clock.now)
        try await verifier.checkAll()
        return try await house.stored("example.com")?.mailFrom
    }

    private func waiting() async throws -> IdentityHouse {
        let house = try await IdentityHouse()
        try await house.put("example.com", .success)
        try await house.directory.setMailFrom(
            try Domain(parsing: "bounce.example.com"), .useDefaultValue, of: try house.name("example.com"),
            operation: "x", by: house.caller)
        return house
    }

    @Test(
        "need one MX that leads here and one SPF record that lets somebody send",
        arguments: [
            (ours, spf, VerificationStatus.success, nil), (ours, "V=SPF1 mx -all", .success, nil),
            (ours, "other\n\(spf)", .success, nil), (ours, "v=spf1 redirect=mail.example.com", .success, nil),
            (ours, "v=spf1 -all", .pending, .invalidValue), (ours, "v=spf1", .pending, .invalidValue),
            (ours, "v=spf10 mx", .pending, .typeNotFound), (ours, "\(spf)\nv=spf1 mx", .pending, .invalidValue),
            (ours, nil, .pending, .typeNotFound), (theirs, spf, .pending, .invalidValue),
            (ours + theirs, spf, .pending, .invalidValue), (nil, spf, .pending, .hostNotFound),
        ] as [([MXRecord]?, String?, VerificationStatus, VerificationError?)])
    func records(
        _ exchangers: [MXRecord]?, _ text: String?, _ status: VerificationStatus, _ error: VerificationError?
    ) async throws {
        let house = try await waiting()
        let mailFrom = try await looked(house, Self.dns(exchangers, text))
        #expect(mailFrom?.status == status)
        #expect(mailFrom?.error == error)
    }

    @Test("are given up after 72 hours, missed for as long, and found again")
    func states() async throws {
        let house = try await waiting()
        let (good, bad) = (Self.dns(Self.ours, Self.spf), Self.dns(nil, nil))
        #expect(try await looked(house, bad)?.status == .pending)
        #expect(try await looked(house, bad, after: IdentityVerifier.patience + 1)?.status == .failed)
        // What is settled is looked at once an hour.
        #expect(try await looked(house, good)?.status == .failed)
        #expect(try await looked(house, good, after: 3_601)?.status == .success)
        #expect(try await looked(house, bad, after: 3_601)?.status == .temporaryFailure)
        #expect(try await looked(house, good, after: 60)?.status == .success)
        #expect(try await looked(house, bad, after: 3_601)?.status == .temporaryFailure)
        #expect(try await looked(house, bad, after: IdentityVerifier.patience + 1)?.status == .failed)
    }

    @Test("a name server that does not answer takes nothing away")
    func silence() async throws {
        let house = try await waiting()
        let silent = Self.dns(Self.ours, Self.spf, silent: ["bounce.example.com"])
        #expect(try await looked(house, silent)?.status == .pending)
        #expect(try await looked(house, Self.dns(Self.ours, Self.spf))?.status == .success)
        let later = try await looked(house, silent, after: IdentityVerifier.patience + 1)
        #expect(later?.status == .success)
        #expect(later?.error == .dnsServerError)
    }

    @Test("a look for one domain verifies no other, and none that was taken away")
    func superseded() async throws {
        let house = try await waiting()
        let name = try house.name("example.com")
        let before = try #require(await house.stored("example.com"))
        let verifier = IdentityVerifier(
            store: house.store, book: house.book, dns: Self.dns(Self.ours, Self.spf),
            feedbackHost: house.feedbackHost, now: house.clock.now)
        try await house.directory.setMailFrom(
            try Domain(parsing: "other.example.com"), .rejectMessage, of: name, operation: "x", by: house.caller)
        try await verifier.checkMailFrom(of: before)
        #expect(try await house.stored("example.com")?.mailFrom?.status == .pending)
        // The same domain set anew has its 72 hours anew: an old look is not the answer.
        let waiting = try #require(await house.stored("example.com"))
        house.clock.advance(60)
        try await house.directory.setMailFrom(
            try Domain(parsing: "other.example.com"), .rejectMessage, of: name, operation: "x", by: house.caller)
        try await verifier.checkMailFrom(of: waiting)
        #expect(try await house.stored("example.com")?.mailFrom?.lastCheckedAt == nil)
        try await house.directory.setMailFrom(nil, .useDefaultValue, of: name, operation: "x", by: house.caller)
        try await verifier.checkMailFrom(of: before)
        #expect(try await house.stored("example.com")?.mailFrom == nil)
    }

    @Test(
        "must lie beneath the identity's domain",
        arguments: ["example.com", "bounce.example.org", "evilexample.com", "com"])
    func outside(_ domain: String) async throws {
        let house = try await IdentityHouse()
        try await house.put("example.com", .success)
        let name = try house.name("example.com")
        await #expect(throws: IdentityFailure.mailFromOutside(try Domain(parsing: domain), name)) {
            try await house.directory.setMailFrom(
                try Domain(parsing: domain), .useDefaultValue, of: name, operation: "x", by: house.caller)
        }
    }

    @Test("where identities count as verified, so do they")
    func automatic() async throws {
        let house = try await IdentityHouse(mode: .automatic)
        try await house.create("example.com")
        try await house.directory.setMailFrom(
            try Domain(parsing: "bounce.example.com"), .rejectMessage, of: try house.name("example.com"),
            operation: "x", by: house.caller)
        #expect(try await house.stored("example.com")?.mailFrom?.isVerified == true)
    }
}
