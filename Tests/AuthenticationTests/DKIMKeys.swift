// SPDX-License-Identifier: Apache-2.0

import MIME

/// Keys that sign nothing but the vectors here.
enum TestKey {
    static let rsa2048 = """
        v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApBJSD6Ql2Xi2jNIu18HJHXfzAPm8\
        yONTYxNe1sBssPJl3AWaCjfBLRQXgujuIwrnDDXLGmHgDuQudeK+dU5qkMk5ZHKMhSa+cgD1xIgNketBwWOWqbz79u\
        i+xey3cum+xaUqdr1aq2AlaEw/Chb8gf3PpNloexDo22n2eTODtox2UevEKiA6laUM3z0+qqhniUaxAce2bdoF9raE\
        pbhjTh7AIDZiyMuy3YSDydZ0096tBiIRNxJexm5l1upHpSCzFIg1yLv5wTVCqGA6W0FzUvcbtNeCqlRndfvYs5fv3Y\
        la9crV/hc7RrKZgFRiONBZor3wkcTPwBVu+DA0/YMQtwIDAQAB
        """
    static let rsa1024 = """
        v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC6cYLyjCUuEVGdzOTWRTD0ykfj0RrwDAnC\
        mvCvDI2XD0nubbAgFGW9sq2VgxOJqjIdhZ7sn0EFz4Oz2u4gZmBtTjnEqf3lEXrDJE5alJI1Z9S/ahDF8lC228L4Ap\
        ekls66n3lt3WuyO1fjaI+SCjpFcJBKYtYXZ7l1V0dGSwDbvwIDAQAB
        """
    static let ed25519 = "v=DKIM1; k=ed25519; p=A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="

    /// The private part of `ed25519`.
    static let ed25519Seed = [UInt8](0...31)

    /// The private part of `rsa1024` as PKCS#1.
    static let rsa1024PKCS1 = decoded(
        """
        MIICXgIBAAKBgQC6cYLyjCUuEVGdzOTWRTD0ykfj0RrwDAnCmvCvDI2XD0nubbAgFGW9sq2VgxOJqjIdhZ7sn0EFz4\
        Oz2u4gZmBtTjnEqf3lEXrDJE5alJI1Z9S/ahDF8lC228L4Apekls66n3lt3WuyO1fjaI+SCjpFcJBKYtYXZ7l1V0dG\
        SwDbvwIDAQABAoGBAJnw344k6Q4AfsMsSkYhGysDWhhgrz1Es0pbZB8k3kO7++9B4gqazOa0gV7Ru3APdxGpIm99jt\
        KdZME8IyHdZf9v/oqfpxsMTnFgMbeXl/ujXNOS63aqvOtjqIcb1E+jRp8NG2jD5+NiwymA8eI19mh7ot4D0UtJcbG0\
        tYFb9AcBAkEA8LaHyh+5WjR4us4epZHUyxdoVHNdLmfoHhbbdkUijNRV7DbE0XtMJcBV0XdyMYpNA2S/kWJ72dHGWF\
        G/JU9LFQJBAMZIrOlST85kbZ3d+7NHvgqvJwT3cNXVBbFQxcf9062Gavcb89Yd7r0mQWv4UVBR9vqDrlz14fm1cfSh\
        ZvhTsIMCQQCBdqqx2z4ldfM5BYMWKcj5Mi26vhFv1BLTnBeNFMHwXIOZ+BsDT/00kK2Xa1bPrkKdgKJH32AdVuYGun\
        DD8FHBAkEAlx2uQkgMMJUTgbw7ZuAncwcYKs3WPfGS3BdeFNRbLiWCgf/YrvezCo8MTxg6CIffPf97tLdkWKYzSih0\
        TI+jtwJAIRKiNvFZ/aZ3Lx4iGyzoLmgaE/ItGNkPUSPG8jdbSRiSqqkXAagw0pRADvtfUU2i0AV/BOQD1sjW8SJmO2\
        OGcQ==
        """)
    /// The same as PKCS#8.
    static let rsa1024PKCS8 = decoded(
        """
        MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBALpxgvKMJS4RUZ3M5NZFMPTKR+PRGvAMCcKa8K8MjZ\
        cPSe5tsCAUZb2yrZWDE4mqMh2FnuyfQQXPg7Pa7iBmYG1OOcSp/eUResMkTlqUkjVn1L9qEMXyULbbwvgCl6SWzrqf\
        eW3da7I7V+Noj5IKOkVwkEpi1hdnuXVXR0ZLANu/AgMBAAECgYEAmfDfjiTpDgB+wyxKRiEbKwNaGGCvPUSzSltkHy\
        TeQ7v770HiCprM5rSBXtG7cA93Eakib32O0p1kwTwjId1l/2/+ip+nGwxOcWAxt5eX+6Nc05Lrdqq862OohxvUT6NG\
        nw0baMPn42LDKYDx4jX2aHui3gPRS0lxsbS1gVv0BwECQQDwtofKH7laNHi6zh6lkdTLF2hUc10uZ+geFtt2RSKM1F\
        XsNsTRe0wlwFXRd3Ixik0DZL+RYnvZ0cZYUb8lT0sVAkEAxkis6VJPzmRtnd37s0e+Cq8nBPdw1dUFsVDFx/3TrYZq\
        9xvz1h3uvSZBa/hRUFH2+oOuXPXh+bVx9KFm+FOwgwJBAIF2qrHbPiV18zkFgxYpyPkyLbq+EW/UEtOcF40UwfBcg5\
        n4GwNP/TSQrZdrVs+uQp2AokffYB1W5ga6cMPwUcECQQCXHa5CSAwwlROBvDtm4CdzBxgqzdY98ZLcF14U1FsuJYKB\
        /9iu97MKjwxPGDoIh989/3u0t2RYpjNKKHRMj6O3AkAhEqI28Vn9pncvHiIbLOguaBoT8i0Y2Q9RI8byN1tJGJKqqR\
        cBqDDSlEAO+19RTaLQBX8E5APWyNbxImY7Y4Zx
        """)

    private static func decoded(_ text: String) -> [UInt8] { Base64.decode(Array(text.utf8)) }
}
