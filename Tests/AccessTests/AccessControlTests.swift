// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import Testing

@Suite("Access control")
struct AccessControlTests {
    private let access: AccessControl
    private let password: String

    init() throws {
        let account = try #require(AccountID("111122223333"))
        let secret = SecretBytes(Array("secret".utf8))
        access = AccessControl(
            region: "us-east-1", managementAccount: account, root: AccessKey(id: "AKIAROOTEXAMPLE0001", secret: secret))
        password = SMTPPassword.derive(secretAccessKey: secret, region: "us-east-1")
    }

    @Test("knows the root user's SMTP password and nothing near it")
    func smtp() async {
        #expect(
            await access.authenticate(smtpUser: "AKIAROOTEXAMPLE0001", password: password)
                == .principal(access.rootPrincipal))
        for wrong in ["", "B", String(password.dropLast()), password + "=", password.lowercased()] {
            #expect(await access.authenticate(smtpUser: "AKIAROOTEXAMPLE0001", password: wrong) == .refused)
        }
        #expect(await access.authenticate(smtpUser: "AKIAROOTEXAMPLE0002", password: password) == .refused)
    }

    @Test("allows root what its account owns and nothing else")
    func authorize() {
        let caller = Caller(
            principal: access.rootPrincipal, accessKeyID: nil, door: .api, sourceAddress: "127.0.0.1", tls: nil,
            agent: "")
        func decide(_ resource: String) -> Bool {
            access.authorize(AccessRequest(caller: caller, action: "ses:SendEmail", resources: [resource])) == .allowed
        }
        #expect(decide("*"))
        #expect(decide("arn:aws:ses:us-east-1:111122223333:identity/example.com"))
        #expect(!decide("arn:aws:ses:us-east-1:444455556666:identity/example.com"))
        #expect(!decide("example.com"))
    }

    @Test("never prints a secret")
    func redacted() {
        let secret = SecretBytes(Array("hunter2".utf8))
        var dumped = ""
        dump(AccessKey(id: "AKIA", secret: secret), to: &dumped)
        #expect(!dumped.contains("104"))
        #expect("\(secret)" == "(secret)")
    }
}
