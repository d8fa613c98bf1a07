// SPDX-License-Identifier: Apache-2.0

import Testing

/// A signed message and the key record to check it with.
struct Vector: CustomTestStringConvertible {
    let testDescription: String
    let record: String
    let message: String

    /// Lines of `text` end in LF here and in CRLF in the message.
    init(_ name: String, key: String, _ text: String) {
        testDescription = name
        record = key
        message = text.replacing("\n", with: "\r\n")
    }
}

/// Published by RFC 8463, or made with dkimpy 1.1.8.
extension Vector {
    private static let rfc8463Ed25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    private static let rfc8463RSA = """
        v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi\
        Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G\
        +2kryOTIKT+l/K4w3QIDAQAB
        """
    private static let rfc8463Message = """
        From: Joe SixPack <joe@football.example.com>
        To: Suzie Q <suzie@shopping.example.net>
        Subject: Is dinner ready?
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
        Message-ID: <20030712040037.46341.5F8J@football.example.com>

        Hi.

        We lost the game.  Are you hungry yet?

        Joe.

        """

    static let all = published + headers + bodies

    private static let published: [Vector] = [
        Vector(
            "RFC 8463 appendix A, Ed25519", key: rfc8463Ed25519,
            """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
             d=football.example.com; i=@football.example.com;
             q=dns/txt; s=brisbane; t=1528637909; h=from : to :
             subject : date : message-id : from : subject : date;
             bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
             b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
             Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
            \(rfc8463Message)
            """),
        Vector(
            "RFC 8463 appendix A, RSA", key: rfc8463RSA,
            """
            DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
             d=football.example.com; i=@football.example.com;
             q=dns/txt; s=test; t=1528637909; h=from : to : subject :
             date : message-id : from : subject : date;
             bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
             b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
             DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
             dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
            \(rfc8463Message)
            """),
    ]

    private static let headers: [Vector] = [
        Vector(
            "plain RSA-2048", key: TestKey.rsa2048,
            """
            DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             from; bh=yZQq1c8wjBl0fZ4Wc/oraMCAG1mZJv5v/hlvyFy+t6A=;
             b=m+BJLew7WuKF2DbkMOxXQ+llpG/QT6npP2qNuwDXAQrunCbGWTEytJxG3lPuO1m/AvwdG
             DH8jELkR+Iyf8zTUnjXONsocu4AAtiE8yl2PeQCrHM8b95bwI9oN4LzYisiUvjpHlYzKVNR
             xNqzPctRKt/vJf46mj9gc5BhVCIUrEPkM1AfbIRf/7T67l57sfKr86nUYpRbar/weN/4IbL
             bEHj+JN+wtj6ZI1t8orMgDH0NwKWGBGD0SOzZ30h1ednEyKK/lEpCfRIcykqD6DH3H2pSoU
             3wwF1CDz7n5JYjwAfd5aEjiVlkY4gdKUeqvWeWTXfkIZkmGeYHgxD7hAYcqw==
            From: Ada <ada@example.com>
            To: b@example.net
            Subject: Hello
            Date: Tue, 24 Nov 2026 07:42:53 +0000
            Message-ID: <1@example.com>

            Hello.

            """),
        Vector(
            "folded fields, RSA-1024", key: TestKey.rsa1024,
            """
            DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             from; bh=s14J+iztnrytnRYzb7lhFG/jS/vrxWJnnahfijFMnco=;
             b=eBKHiBs9FZMiwtrnxflVsnPzKCrPpiqRrqJXAGUWvLaFR6VRqrpEXRbk9CmhxaFmZ7J7u
             INebmh6Up27dNUPtxPil+SOgNsRFEcop2Fe+AXRScSaZMrO2GT3FoVpvpX62m7jCG2PskLu
             ATCkWVc28yXgMZ/u6D87o1aPn/IHnQ4=
            From: Ada
            \t<ada@example.com>
            To: b@example.net,
             c@example.net,
            \t\td@example.net
            Subject:  A \t long
               subject \t

            x

            """),
        Vector(
            "duplicate fields, signed from the bottom up", key: TestKey.ed25519,
            """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             subject : references : list-id : subject;
             bh=s14J+iztnrytnRYzb7lhFG/jS/vrxWJnnahfijFMnco=;
             b=ZxFQsK0RMIb9MFR/QvzPK0afqmOD3mm62u0KThC0+0BTakZghFvCgrtx1r/B94CXB3Q+I
             R8XBTRznn9gS4THDQ==
            Received: a
            From: Ada <ada@example.com>
            List-Id: <1.example>
            Received: b
            To: one@example.net
            To: two@example.net
            Subject: 1
            Subject: 2
            References: <a@b>
            References: <c@d>

            x

            """),
        Vector(
            "empty field values", key: TestKey.ed25519,
            """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             from; bh=j+uJ1+KwQjMpdNiCngwvlv2FTzZnzkokoCYASnN36NE=;
             b=8LL79cz/Fm8WlPl8H95kCmpF8SWX+1cJig+MJrsA/iAn4XD/fKlqpftFgW2hwIMgRoc/l
             bJNuNRXiNEsvee4BA==
            From: a@example.com
            Subject:
            To:\u{20}
             b@example.net

            Hi

            """),
    ]
}
