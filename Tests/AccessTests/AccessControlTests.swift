// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import Testing

@Suite("Access control")
struct AccessControlTests {
    private let house: House
    private var access: AccessControl { house.access }
    private let password: String

    init() async throws {
        house = try await House()
        password = SMTPPassword.derive(secretAccessKey: House.rootSecret, region: "us-east-1")
    }

    @Test("knows the root user's SMTP password and nothing near it")
    func smtp() async {
        #expect(
            await house.signIn("AKIAROOTEXAMPLE0001", password, from: "192.0.2.1")
                == .principal(access.rootPrincipal))
        for wrong in ["", "B", String(password.dropLast()), password + "=", password.lowercased()] {
            #expect(
                await house.signIn("AKIAROOTEXAMPLE0001", wrong, from: "192.0.2.1")
                    == .refused)
        }
        #expect(
            await house.signIn("AKIAROOTEXAMPLE0002", password, from: "192.0.2.1")
                == .refused)
    }

    @Test("allows root what its account owns and nothing else")
    func authorize() {
        func decide(_ resource: String) -> Bool { house.allows("ses:SendEmail", on: resource) }
        #expect(decide("*"))
        #expect(decide("arn:aws:ses:us-east-1:111122223333:identity/example.com"))
        #expect(!decide("arn:aws:ses:us-east-1:444455556666:identity/example.com"))
    }

    @Test("never prints a secret")
    func redacted() {
        let secret = SecretBytes(Array("hunter2".utf8))
        var dumped = ""
        dump(AccessKey(id: "AKIA", secret: secret), to: &dumped)
        #expect(!dumped.contains("104"))
        #expect("\(secret)" == "(secret)")
    }

    @Test("a user may what its policies, its groups' and no more allow")
    func users() async throws {
        let user = try await house.user("app", policy: House.sendPolicy)
        #expect(house.allows("ses:SendEmail", by: user))
        #expect(!house.allows("ses:DeleteIdentity", by: user))
        try await house.change { state in
            _ = try state.createGroup("admins", in: house.account, at: house.now, random: { 1 })
            try state.attach(
                Group.self, "admins", policy: "arn:aws:iam::aws:policy/AmazonSESFullAccess", in: house.account)
            try state.setMembership(of: "app", in: "admins", true, account: house.account)
        }
        #expect(house.allows("ses:DeleteIdentity", by: user))
        try await house.change { try $0.setMembership(of: "app", in: "admins", false, account: house.account) }
        #expect(!house.allows("ses:DeleteIdentity", by: user))
    }

    @Test("a key that is switched off, deleted or its user's no more opens nothing at any door")
    func revocation() async throws {
        let user = try await house.user("app", policy: House.sendPolicy)
        let (key, secret) = try await house.change {
            try $0.createKey(
                for: "app", in: house.account, at: house.now, random: { 5 }, sealer: house.access.sealer)
        }
        let smtp = SMTPPassword.derive(secretAccessKey: secret, region: "us-east-1")
        #expect(await house.signIn(key.id, smtp, from: "192.0.2.1") == .principal(user))
        #expect(access.revocation(of: key.id, user) == nil)
        try await house.change { state in
            var off = key
            off.isActive = false
            state.put(off)
        }
        #expect(access.revocation(of: key.id, user) != nil)
        #expect(await house.signIn(key.id, smtp, from: "192.0.2.1") == .refused)
        guard case .unknown = access.credential(for: key.id, sessionToken: nil) else {
            Issue.record("a key that is off still signs")
            return
        }
        try await house.change { state in
            state.remove(key)
            try state.deleteInline(User.self, "app", policy: "p", in: house.account)
            try state.deleteUser("app", in: house.account)
        }
        #expect(!house.allows("ses:SendEmail", by: user))
    }

    @Test("whoever guesses is made to wait, and the wait ends")
    func guessing() async throws {
        for _ in 0..<12 {
            _ = await house.signIn("AKIAROOTEXAMPLE0001", "guess", from: "192.0.2.7")
        }
        guard
            case .refusedBecause = await house.signIn("AKIAROOTEXAMPLE0001", password, from: "192.0.2.7")
        else {
            Issue.record("the right password was taken during the lock")
            return
        }
        house.clock.advance(by: 3_600)
        #expect(
            await house.signIn("AKIAROOTEXAMPLE0001", password, from: "192.0.2.7")
                == .principal(access.rootPrincipal))
    }

    @Test("what the store holds is the same after a restart, and opens with the master key only")
    func restart() async throws {
        _ = try await house.user("app", policy: House.sendPolicy)
        let again = try await House(store: house.store)
        #expect(again.access.directory.state.find(User.self, "app", in: house.account)?.name == "app")
        await #expect(throws: SealFailure.self) {
            _ = try await House(store: house.store, master: "another key that is long enough")
        }
        let changed = try await House(
            store: house.store, master: "another key that is long enough", previous: House.master)
        #expect(changed.access.directory.state.find(User.self, "app", in: house.account) != nil)
        _ = try await House(store: house.store, master: "another key that is long enough")
    }
}

@Suite("Roles and sessions")
struct SessionTests {
    private let trust = """
        {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},
        "Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}}
        """

    @Test("a role that asks for MFA opens to a fresh code only, and only once")
    func mfa() async throws {
        let house = try await House()
        let user = try await house.user(
            "ada",
            policy: #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}"#
        )
        let (device, seed) = try await house.change { state in
            var role = try state.createRole("admin", trust: trust, in: house.account, at: house.now, random: { 3 })
            role.attached = ["arn:aws:iam::aws:policy/AdministratorAccess"]
            state.put(role)
            return try state.createDevice("ada", in: house.account, random: { 9 }, sealer: house.access.sealer)
        }
        let step = house.now.seconds / TOTP.period
        let codes = (TOTP.code(seed: seed, step: step - 1), TOTP.code(seed: seed, step: step))
        try await house.change {
            try $0.enableDevice(
                device.serial, for: "ada", codes: codes, in: house.account, at: house.now, sealer: house.access.sealer)
        }
        let caller = house.caller(user)
        var asked = RoleRequest(role: "arn:aws:iam::111122223333:role/admin", sessionName: "s1")
        await #expect(throws: AccessDenial.self) { try await house.access.assumeRole(asked, as: caller) }
        asked.device = device.serial
        asked.code = "000000"
        await #expect(throws: AccessFailure.self) { try await house.access.assumeRole(asked, as: caller) }
        asked.code = codes.1
        await #expect(throws: AccessFailure.self, "a code that enrolled the device is spent") {
            try await house.access.assumeRole(asked, as: caller)
        }
        house.clock.advance(by: 60)
        asked.code = TOTP.code(seed: seed, step: step + 2)
        let (credentials, principal) = try await house.access.assumeRole(asked, as: caller)
        #expect(house.allows("iam:DeleteUser", by: principal))
        await #expect(throws: AccessFailure.self) { try await house.access.assumeRole(asked, as: caller) }
        guard
            case .found(let secret, let found) = house.access.credential(
                for: credentials.accessKeyID, sessionToken: credentials.token)
        else {
            Issue.record("the session's credentials are not known")
            return
        }
        #expect(secret == credentials.secret && found == principal)
        house.clock.advance(by: 3_601)
        guard case .expired = house.access.credential(for: credentials.accessKeyID, sessionToken: credentials.token)
        else {
            Issue.record("a session outlives its hour")
            return
        }
    }

    @Test("the codes are those of RFC 6238's table")
    func totp() {
        let seed = SecretBytes(Array("12345678901234567890".utf8))
        #expect(TOTP.code(seed: seed, step: 59 / 30) == "287082")
        #expect(TOTP.code(seed: seed, step: 1_111_111_109 / 30) == "081804")
        #expect(TOTP.code(seed: seed, step: 20_000_000_000 / 30) == "353130")
    }

    @Test("a member account is reached through its role, and bounded by the organisation's policies")
    func members() async throws {
        let house = try await House()
        let fact = house.fact
        let member = try await house.access.directory.createAccount(
            name: "app", email: "app@example.com", roleName: nil, tags: [], fact)
        let asked = RoleRequest(role: "arn:aws:iam::\(member.id):role/OrganizationAccountAccessRole", sessionName: "s1")
        let (_, principal) = try await house.access.assumeRole(asked, as: house.caller(house.access.rootPrincipal))
        #expect(principal.account == member.id)
        #expect(house.allows("ses:CreateEmailIdentity", by: principal))
        try await house.change { state in
            var policy = try state.createServiceControlPolicy(
                name: "no identities", description: "",
                document:
                    #"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ses:Create*","Resource":"*"}}"#,
                tags: [], management: house.account, random: { 4 })
            policy.targets = [member.id.description]
            state.put(policy)
        }
        #expect(!house.allows("ses:CreateEmailIdentity", by: principal))
        #expect(house.allows("ses:GetAccount", by: principal))
    }
}

@Suite("Guardrails stand above every policy")
struct GuardrailTests {
    @Test("old keys, plain connections, foreign networks and unproven administrators are refused, each by its name")
    func refusals() async throws {
        var guardrails = Guardrails()
        guardrails.minimumTLS = "TLSv1.2"
        guardrails.requiresMFA = true
        guardrails.maximumKeyAge = 90 * 86_400
        let isNetwork = guardrails.allowSource("10.0.0.0/8")
        #expect(isNetwork)
        let house = try await House(guardrails: guardrails)
        let user = try await house.user(
            "admin", policy: #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#)
        let (key, _) = try await house.change {
            try $0.createKey(for: "admin", in: house.account, at: house.now, random: { 5 }, sealer: house.access.sealer)
        }
        func control(_ action: String, from address: String = "10.1.1.1", tls: String? = "TLSv1.3") -> String? {
            let caller = Caller(
                principal: user, accessKeyID: key.id, door: .api, sourceAddress: address,
                tls: tls.map { TLSFacts(version: $0, cipher: "") }, agent: "")
            let request = AccessRequest(caller: caller, action: action, resources: [.init("*")])
            if case .denied(let denial) = house.access.authorize(request) { return denial.control }
            return nil
        }
        #expect(control("ses:SendEmail") == nil)
        #expect(control("ses:SendEmail", tls: nil) == "require-tls")
        #expect(control("ses:SendEmail", from: "192.0.2.1") == "source-networks")
        #expect(control("ses:CreateEmailIdentity") == "require-mfa-for-administration")
        #expect(control("iam:CreateVirtualMFADevice") == nil)
        house.clock.advance(by: 91 * 86_400)
        #expect(control("ses:SendEmail") == "maximum-credential-age")
    }

    @Test("recipients lie in the domain itself, and no routing trick lies anywhere")
    func recipients() throws {
        var guardrails = Guardrails()
        guardrails.recipientDomains = [try Domain(parsing: "example.com")]
        let account = try #require(AccountID("111122223333"))
        for (address, isInside) in [
            ("a@example.com", true), ("a@EXAMPLE.com", true), ("a@evilexample.com", false), ("a@x.example.com", false),
            ("v%evil.com@example.com", false), ("evil.com!v@example.com", false), ("\"v@evil.com\"@example.com", false),
        ] {
            let refusal = guardrails.recipientRefusal([try Mailbox(parsing: address)], account: account)
            #expect((refusal == nil) == isInside, "\(address)")
        }
    }
}
