// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import Testing

@Suite("userIdentity")
struct CallIdentityTests {
    private static let began = Timestamp(milliseconds: 1_700_000_000_120)
    private static let root =
        #""principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333""#
    private static let user =
        #""principalId":"AIDA1","arn":"arn:aws:iam::111122223333:user/ops/app","accountId":"111122223333""#
    private static let role =
        #""principalId":"AROA1:s1","arn":"arn:aws:sts::111122223333:assumed-role/mailer/s1","accountId":"111122223333""#
    private static let issuer =
        #""sessionIssuer":{"type":"Role","principalId":"AROA1","arn":"arn:aws:iam::111122223333:role/ops/mailer","#
        + #""accountId":"111122223333","userName":"mailer"},"#

    private static func attributes(_ isMFA: Bool) -> String {
        #""attributes":{"creationDate":"2023-11-14T22:13:20Z","mfaAuthenticated":"\#(isMFA)"}"#
    }

    private static func session(_ isMFA: Bool) -> SessionFacts {
        SessionFacts(issuedAt: began, expiresAt: began + 3_600, mfaAt: isMFA ? began : nil, origin: "AKIA1")
    }

    private static let app = Principal.Kind.user(name: "app", path: "/ops/", id: "AIDA1")
    private static let mailer = Principal.Kind.role(name: "mailer", path: "/ops/", id: "AROA1", session: "s1")

    @Test(
        "tells who, with whose key, and with what session",
        arguments: [
            (Principal.Kind.root, nil, nil, #"{"type":"Root",\#(root)}"#, "root"),
            (.root, nil, "AKIA1", #"{"type":"Root",\#(root),"accessKeyId":"AKIA1"}"#, "root"),
            (
                .root, session(true), "ASIA1",
                #"{"type":"Root",\#(root),"accessKeyId":"ASIA1","sessionContext":{\#(attributes(true))}}"#, "root"
            ),
            (app, nil, "AKIA1", #"{"type":"IAMUser",\#(user),"accessKeyId":"AKIA1","userName":"app"}"#, "app"),
            (
                app, session(false), "ASIA1",
                #"{"type":"IAMUser",\#(user),"accessKeyId":"ASIA1","userName":"app","sessionContext":{\#(attributes(false))}}"#,
                "app"
            ),
            (
                app, session(true), "ASIA1",
                #"{"type":"IAMUser",\#(user),"accessKeyId":"ASIA1","userName":"app","sessionContext":{\#(attributes(true))}}"#,
                "app"
            ),
            (mailer, nil, nil, #"{"type":"AssumedRole",\#(role)}"#, "s1"),
            (
                mailer, session(false), "ASIA1",
                #"{"type":"AssumedRole",\#(role),"accessKeyId":"ASIA1","sessionContext":{\#(issuer)\#(attributes(false))}}"#,
                "s1"
            ),
            (
                mailer, session(true), "ASIA1",
                #"{"type":"AssumedRole",\#(role),"accessKeyId":"ASIA1","sessionContext":{\#(issuer)\#(attributes(true))}}"#,
                "s1"
            ),
        ] as [(Principal.Kind, SessionFacts?, String?, String, String)])
    func tells(_ kind: Principal.Kind, _ session: SessionFacts?, _ key: String?, _ json: String, _ name: String) throws
    {
        let account = try #require(AccountID("111122223333"))
        let principal = Principal(account: account, kind: kind, session: session)
        #expect(principal.recordIdentity(accessKeyID: key) == json)
        #expect(principal.recordUserName == name)
    }

    @Test(
        "of a stranger is the key at most, and nothing can be forged by it",
        arguments: [
            (nil, #"{"type":"Unknown"}"#), ("AKIA1", #"{"type":"Unknown","accessKeyId":"AKIA1"}"#),
            ("\"},\"type\":\"Root\n", #"{"type":"Unknown","accessKeyId":"?},?type?:?Root?"}"#),
            ("a\u{202E}\\é", #"{"type":"Unknown","accessKeyId":"a??????"}"#),
        ] as [(String?, String)])
    func strangers(_ key: String?, _ json: String) {
        #expect(Principal.unknownIdentity(accessKeyID: key) == json)
    }
}
