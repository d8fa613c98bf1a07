// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// A certificate for `mx.example` and the authority that signed it, made for these tests alone, valid until 2120.
enum Certificates {
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBZjCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9Qb3N0ZXJu
        IHRlc3QgQ0EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBoxGDAW
        BgNVBAMMD1Bvc3Rlcm4gdGVzdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
        BLM/lWrdf4n4mkVbiNQDzSGWb0FBOy0Gzx/LNNDuY2U/Vlxsz62qmGnu0rhKfFbU
        I+ClItVFUPJnCQQNOf1x59CjQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/
        BAQDAgIEMB0GA1UdDgQWBBSnbykmoglFykCQ3EuIXUzZXM1FazAKBggqhkjOPQQD
        AgNHADBEAiB4v/sVOtXBwfqLnqYFDt+ylROYwxaOW+WnWVKBG/x70AIgc4qgm6Ta
        fIF6MvYAf5a2HgTkmDim+QFQVx5BdSXSNoI=
        -----END CERTIFICATE-----
        """

    private static let leaf = """
        -----BEGIN CERTIFICATE-----
        MIIBmDCCAT+gAwIBAgIBAjAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9Qb3N0ZXJu
        IHRlc3QgQ0EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBUxEzAR
        BgNVBAMMCm14LmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATp2uXu
        +8/hM7v6yXQFQ1aBB4cwJIcRvfa67npNmYtofc3e2K//aas6qCdr7VoYse3ZWxyq
        aSqTyECcQJgbmnGzo3kwdzAVBgNVHREEDjAMggpteC5leGFtcGxlMAkGA1UdEwQC
        MAAwEwYDVR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYEFKPw2FxpXkyNaSiSz0Hr
        2nF8clpQMB8GA1UdIwQYMBaAFKdvKSaiCUXKQJDcS4hdTNlczUVrMAoGCCqGSM49
        BAMCA0cAMEQCIDV5IGj8d+qtO8bARTXIkdE3IV8y1K74xpVnLU9h8ShuAiBepyar
        9EznAMlT/dXZ8Cnud+ewuY9+H8xkrln7PvaiUA==
        -----END CERTIFICATE-----
        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaHn3HYOsXxiXRA03
        XHVLruruxiB0C1b0c24HKmCcA4mhRANCAATp2uXu+8/hM7v6yXQFQ1aBB4cwJIcR
        vfa67npNmYtofc3e2K//aas6qCdr7VoYse3ZWxyqaSqTyECcQJgbmnGz
        -----END PRIVATE KEY-----
        """

    static func leafDER() throws -> [UInt8] {
        try NIOSSLCertificate.fromPEMBytes(Array(leaf.utf8)).first?.toDERBytes() ?? []
    }

    static func server(minimum: TLSVersion = .tlsv12, maximum: TLSVersion? = nil) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(leaf.utf8)).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
        configuration.minimumTLSVersion = minimum
        configuration.maximumTLSVersion = maximum
        return try NIOSSLContext(configuration: configuration)
    }

    /// Lends the authority's certificate.
    static func withAuthority<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        try await body(authority)
    }
}
