// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import Testing

@Suite("What holds for a key holds for the sessions it began")
struct SessionLimitTests {
    private static let star = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#
    private static let trust = """
        {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},
        "Action":["sts:AssumeRole","sts:TagSession"]}}
        """

    private func key(of user: String, in house: House) async throws -> UserKey {
        try await house.change {
            try $0.createKey(
                for: user, in: house.account, at: house.now, random: house.access.directory.random,
                sealer: house.access.sealer
            ).0
        }
    }

    private func caller(_ principal: Principal, key: String) -> Caller {
        Caller(
            principal: principal, accessKeyID: key, door: .api, sourceAddress: "127.0.0.1",
            tls: TLSFacts(version: "TLSv1.3", cipher: ""), agent: "")
    }

    private func session(_ credentials: TemporaryCredentials, in house: House) throws -> Caller {
        guard
            case .found(_, let principal) = house.access.credential(
                for: credentials.accessKeyID, sessionToken: credentials.token)
        else { throw AccessFailure.accessDenied("no such session") }
        return caller(principal, key: credentials.accessKeyID)
    }

    private func control(
        _ action: String, on resource: String = "*", by caller: Caller, in house: House
    ) -> String? {
        let request = AccessRequest(caller: caller, action: action, resources: [.init(resource)])
        if case .denied(let denial) = house.access.authorize(request) { return denial.control }
        return nil
    }

    @Test("a key that is switched off ends its sessions, those of roles too")
    func keySwitchedOff() async throws {
        let house = try await House()
        let user = try await house.user("app", policy: Self.star)
        try await house.change { state in
            var role = try state.createRole("r", trust: Self.trust, in: house.account, at: house.now, random: { 3 })
            role.attached = ["arn:aws:iam::aws:policy/AdministratorAccess"]
            state.put(role)
        }
        let key = try await key(of: "app", in: house)
        let own = caller(user, key: key.id)
        let token = try session(
            try await house.access.sessionToken(duration: nil, device: nil, code: nil, as: own), in: house)
        let role = RoleRequest(role: "arn:aws:iam::111122223333:role/r", sessionName: "s1")
        let assumed = try session(try await house.access.assumeRole(role, as: own).0, in: house)
        for each in [own, token, assumed] { #expect(control("ses:SendEmail", by: each, in: house) == nil) }
        try await house.change { state in
            var off = key
            off.isActive = false
            state.put(off)
        }
        for each in [own, token, assumed] {
            #expect(control("ses:SendEmail", by: each, in: house) == "credentials")
        }
    }

    @Test("a key that is too old makes no sessions, and those it made grow old with it")
    func oldKey() async throws {
        var guardrails = Guardrails()
        guardrails.maximumKeyAge = 90 * 86_400
        let house = try await House(guardrails: guardrails)
        let user = try await house.user("app", policy: Self.star)
        let own = caller(user, key: try await key(of: "app", in: house).id)
        #expect(house.access.agingKeys(at: house.now).isEmpty)
        house.clock.advance(by: 76 * 86_400 + 1)
        #expect(house.access.agingKeys(at: house.now).map(\.holder) == [user.arn])
        house.clock.advance(by: 13.9 * 86_400)
        let token = try session(
            try await house.access.sessionToken(duration: 129_600, device: nil, code: nil, as: own), in: house)
        #expect(control("ses:SendEmail", by: token, in: house) == nil && !house.access.allKeysAreRefused(at: house.now))
        house.clock.advance(by: 86_400)
        #expect(control("ses:SendEmail", by: token, in: house) == "maximum-credential-age")
        #expect(house.access.allKeysAreRefused(at: house.now))
        await #expect(throws: AccessDenial.self) {
            try await house.access.sessionToken(duration: nil, device: nil, code: nil, as: own)
        }
    }

    @Test("credentials of GetSessionToken without MFA call neither IAM nor the rest of STS")
    func withoutMFA() async throws {
        let house = try await House()
        let user = try await house.user("app", policy: Self.star)
        let own = caller(user, key: try await key(of: "app", in: house).id)
        let token = try session(
            try await house.access.sessionToken(duration: nil, device: nil, code: nil, as: own), in: house)
        #expect(control("iam:ListUsers", by: token, in: house) == "iam")
        #expect(control("sts:GetAccessKeyInfo", by: token, in: house) == "iam")
        #expect(control("ses:GetAccount", by: token, in: house) == nil)
    }
}

@Suite("MFA cannot be talked round")
struct MFALimitTests {
    private static let star = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#

    private func administered(_ action: String, on resource: String = "*", by principal: Principal, in house: House)
        -> Bool
    {
        house.allows(action, on: resource, by: principal)
    }

    private func house() async throws -> House {
        var guardrails = Guardrails()
        guardrails.requiresMFA = true
        return try await House(guardrails: guardrails)
    }

    private func enable(_ name: String, for user: String, in house: House) async throws -> (MFADevice, SecretBytes) {
        let (device, seed) = try await house.change {
            try $0.createDevice(
                name, in: house.account, random: house.access.directory.random, sealer: house.access.sealer)
        }
        let step = house.now.seconds / TOTP.period
        let codes = (TOTP.code(seed: seed, step: step - 1), TOTP.code(seed: seed, step: step))
        try await house.change {
            try $0.enableDevice(
                device.serial, for: user, codes: codes, in: house.account, at: house.now, sealer: house.access.sealer)
        }
        return (device, seed)
    }

    @Test("whoever has no device may enrol one, for nobody else, and whoever has one may not enrol another")
    func enrolment() async throws {
        let house = try await house()
        let ada = try await house.user("Ada", policy: Self.star)
        let bob = try await house.user("bob", policy: Self.star)
        #expect(house.allows("iam:CreateVirtualMFADevice", by: ada))
        #expect(house.allows("iam:EnableMFADevice", on: ada.arn, by: ada))
        #expect(!house.allows("iam:EnableMFADevice", on: bob.arn, by: ada))
        #expect(!house.allows("iam:DeactivateMFADevice", on: ada.arn, by: ada))
        #expect(!house.allows("iam:CreateUser", by: ada))
        _ = try await enable("ada", for: "ada", in: house)
        #expect(!house.allows("iam:CreateVirtualMFADevice", by: ada))
        #expect(!house.allows("iam:EnableMFADevice", on: ada.arn, by: ada))
    }

    @Test("a tag that the caller gives its own session proves nothing")
    func tags() async throws {
        let house = try await house()
        let user = try await house.user("app", policy: Self.star)
        try await house.change { state in
            var role = try state.createRole(
                "r",
                trust:
                    #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:*"}}"#,
                in: house.account, at: house.now, random: { 3 })
            role.attached = ["arn:aws:iam::aws:policy/AdministratorAccess"]
            state.put(role)
        }
        var asked = RoleRequest(role: "arn:aws:iam::111122223333:role/r", sessionName: "s1")
        asked.tags = [Tag(key: "mfa", value: "true"), Tag(key: "MultiFactorAuthPresent", value: "true")]
        let (_, principal) = try await house.access.assumeRole(asked, as: house.caller(user))
        #expect(!house.allows("iam:CreateUser", by: principal))
    }

    @Test("one code counts along a chain of roles, and grows old on the way")
    func chains() async throws {
        let house = try await house()
        let user = try await house.user("ada", policy: Self.star)
        let (device, seed) = try await enable("ada", for: "ada", in: house)
        for name in ["a", "b"] {
            try await house.change { state in
                var role = try state.createRole(
                    name,
                    trust:
                        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}"#,
                    in: house.account, at: house.now, random: house.access.directory.random)
                role.attached = ["arn:aws:iam::aws:policy/AdministratorAccess"]
                state.put(role)
            }
        }
        house.clock.advance(by: 60)
        var asked = RoleRequest(role: "arn:aws:iam::111122223333:role/a", sessionName: "s1")
        asked.device = device.serial
        asked.code = TOTP.code(seed: seed, step: house.now.seconds / TOTP.period)
        var (_, principal) = try await house.access.assumeRole(asked, as: house.caller(user))
        let shown = try #require(principal.session?.mfaAt)
        for hop in 0..<40 {
            house.clock.advance(by: 3_500)
            let role = RoleRequest(
                role: "arn:aws:iam::111122223333:role/\(hop % 2 == 0 ? "b" : "a")", sessionName: "s1")
            principal = try await house.access.assumeRole(role, as: house.caller(principal)).1
            #expect(principal.session?.mfaAt == (house.now - shown <= 129_600 ? shown : nil))
        }
        #expect(principal.session?.isMFA == false && !house.allows("iam:CreateUser", by: principal))
    }

    @Test("wrong codes for somebody else's device lock nobody out")
    func foreignDevices() async throws {
        let house = try await house()
        let ada = try await house.user("ada", policy: Self.star)
        let eve = try await house.user("eve", policy: Self.star)
        let (device, seed) = try await enable("ada", for: "ada", in: house)
        for _ in 0..<30 {
            await #expect(throws: AccessFailure.self) {
                try await house.access.sessionToken(
                    duration: nil, device: device.serial, code: "000000", as: house.caller(eve))
            }
        }
        house.clock.advance(by: 60)
        let code = TOTP.code(seed: seed, step: house.now.seconds / TOTP.period)
        _ = try await house.access.sessionToken(
            duration: nil, device: device.serial, code: code, as: house.caller(ada))
    }
}

@Suite("Guessing")
struct GuessingTests {
    private let moment = Timestamp(seconds: 1_700_000_000)

    private func fail(_ logins: FailedLogins, _ name: String, _ address: String, times: Int) {
        for _ in 0..<times { logins.failed(logins.subjects(name, from: address), at: moment) }
    }

    private func isLocked(_ logins: FailedLogins, _ name: String, _ address: String) -> Bool {
        logins.lock(logins.subjects(name, from: address), at: moment) != nil
    }

    @Test("nobody is locked out from elsewhere where they signed in before")
    func familiar() {
        let logins = FailedLogins()
        logins.succeeded(logins.subjects("app", from: "192.0.2.1"), at: moment)
        for host in 0..<40 { fail(logins, "app", "198.51.100.\(host)", times: 5) }
        #expect(isLocked(logins, "app", "198.51.100.77"), "the name is locked for strangers")
        #expect(!isLocked(logins, "app", "192.0.2.1"))
    }

    @Test("an address is locked whatever names it tries, and the /64 of IPv6 is one address")
    func addresses() {
        let logins = FailedLogins()
        for number in 0..<60 { fail(logins, "name\(number)", "2001:db8:1:2:\(number)::1", times: 1) }
        #expect(isLocked(logins, "another", "2001:db8:1:2::ffff"))
        #expect(!isLocked(logins, "another", "2001:db8:1:3::ffff"))
    }

    @Test("what is remembered is bounded")
    func bounded() {
        let logins = FailedLogins()
        for number in 0..<(FailedLogins.capacity + 100) {
            fail(logins, "n\(number)", "192.0.2.\(number % 250)", times: 1)
        }
        fail(logins, "late", "203.0.113.1", times: 11)
        #expect(isLocked(logins, "late", "203.0.113.1"))
    }
}
