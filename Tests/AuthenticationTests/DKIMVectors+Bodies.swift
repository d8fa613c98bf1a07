// SPDX-License-Identifier: Apache-2.0

/// Made with dkimpy 1.1.8: what bodies may look like.
extension Vector {
    static let bodies: [Vector] = [
        Vector(
            "runs of white space in the body", key: TestKey.rsa1024,
            """
            DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             from; bh=S41d3yeHxSZKFMXqw4pPbRuntE4xWjaQ/IWjb2wAUeM=;
             b=pf0jibjgj6lXrTilWGpxTvFT6PGzC1UEzyN0+E3ZNebUc7AcjrNmUDan+EfehZAb7lKiQ
             I0EpL2C0nAq2qegj1mCOMH5gE5RTfmXmaa10lG/3a+2YkUntjFjrN+6rLLgd4ZO31zMVt93
             /Ie58hdtkCA6EH5CqGrG1cfi+4RH/2U=
            From: Ada <ada@example.com>
            To: b@example.net
            Subject: Hello
            Date: Tue, 24 Nov 2026 07:42:53 +0000
            Message-ID: <1@example.com>

              a\t\t b   c \t
            \td
            \u{20}
            \u{20}\u{20}
             e

            """),
        Vector(
            "an empty body", key: TestKey.ed25519,
            """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
             b=gyweOjAbjL66aq9av/ie5II9zVrBg3PmRVijXVdRcbjdKeV8MIEYzvVOl9rinsyLIa2U6
             DNdcCrNM6db/eYNDA==
            From: Ada <ada@example.com>
            To: b@example.net
            Subject: Hello
            Date: Tue, 24 Nov 2026 07:42:53 +0000
            Message-ID: <1@example.com>


            """),
        Vector(
            "no body and no empty line", key: TestKey.ed25519,
            """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
             b=gyweOjAbjL66aq9av/ie5II9zVrBg3PmRVijXVdRcbjdKeV8MIEYzvVOl9rinsyLIa2U6
             DNdcCrNM6db/eYNDA==
            From: Ada <ada@example.com>
            To: b@example.net
            Subject: Hello
            Date: Tue, 24 Nov 2026 07:42:53 +0000
            Message-ID: <1@example.com>

            """),
        Vector(
            "nothing but empty lines", key: TestKey.ed25519,
            """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
             b=gyweOjAbjL66aq9av/ie5II9zVrBg3PmRVijXVdRcbjdKeV8MIEYzvVOl9rinsyLIa2U6
             DNdcCrNM6db/eYNDA==
            From: Ada <ada@example.com>
            To: b@example.net
            Subject: Hello
            Date: Tue, 24 Nov 2026 07:42:53 +0000
            Message-ID: <1@example.com>



            \u{20}

            """),
        Vector(
            "empty lines at the end", key: TestKey.ed25519,
            """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             from; bh=yZQq1c8wjBl0fZ4Wc/oraMCAG1mZJv5v/hlvyFy+t6A=;
             b=gkf4r1BGkO81oYzWJivBD7f1W+ETqcdVfA+kxOSa5EvggRuYoTL8pny1wJviyFCVKrnYY
             +Dn8KJpa4TVw9INCg==
            From: Ada <ada@example.com>
            To: b@example.net
            Subject: Hello
            Date: Tue, 24 Nov 2026 07:42:53 +0000
            Message-ID: <1@example.com>

            Hello.


             \t


            """),
        Vector(
            "a last line without CRLF", key: TestKey.ed25519,
            """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             from; bh=Ba3gj8+xBPQLJTahTfzW6RbWQ/XPgESxkCi2B66PSQg=;
             b=5cwHfO7IKn0VM7Gd52rbRLuREgAsHBftG6S/O9+U86IdrruspkhHRiKdAoohZ9Oaq3vDS
             UEZz77vhP8iGCWODA==
            From: Ada <ada@example.com>
            To: b@example.net
            Subject: Hello
            Date: Tue, 24 Nov 2026 07:42:53 +0000
            Message-ID: <1@example.com>

            Hello
            """),
        Vector(
            "quoted-printable", key: TestKey.ed25519,
            """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             from; bh=UhYX8UvjPghgKQoR4Ab1bE0lr9xFSLwVE+AbkkStsNU=;
             b=/PwkeBfGWFFLzmQ7dxMokP1TLajbD9702X8qQAlxzvQX4W42kVFV4IprH5/0hPYum9C0k
             tdl1vPMgJLi2XAvDg==
            From: Ada <ada@example.com>
            To: b@example.net
            Subject: Hello
            Date: Tue, 24 Nov 2026 07:42:53 +0000
            Message-ID: <1@example.com>
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Gr=C3=BC=C3=9Fe =
            aus K=C3=B6ln =20
            =


            """),
        Vector(
            "octets above 127", key: TestKey.ed25519,
            """
            DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;
             i=@example.com; q=dns/txt; s=s; t=1795516875; h=from : to : subject :
             from; bh=G+IOTpFWNHjNzzifHPpuFza8ElL+0dyyqiZVY60wKwQ=;
             b=AMAOe1X+pTpAf1U9u1wOzM2z6vwFMPcONfQUVcbRP8OHGmC2yq8A++git0EEcgu3WLdnq
             LKJPLnb5ROA3b0jBg==
            From: Ada <ada@example.com>
            To: b@example.net
            Subject: Grüße
            Date: Tue, 24 Nov 2026 07:42:53 +0000
            Message-ID: <1@example.com>

            Grüße \u{A0}

            """),
    ]
}
