// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// An RSA private key in OpenSSL's hands: it signs with the vector instructions of current processors, which the library
/// that swift-crypto carries does not, and signing is what bounds delivery.
final class RSASigningKey: Sendable {
    // OpenSSL: an EVP_PKEY may be used by several threads at one time as long as nobody changes it; nobody can here.
    private nonisolated(unsafe) let key: OpaquePointer

    /// - Parameter der: PKCS#8 or PKCS#1, of 1024 bits at least: no verifier may accept less (RFC 8301 §3.2).
    init(der: [UInt8]) throws {
        let parsed = der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_AutoPrivateKey(nil, &start, buffer.count)
        }
        guard let parsed, EVP_PKEY_get_base_id(parsed) == EVP_PKEY_RSA,
            EVP_PKEY_get_bits(parsed) >= 1024
        else {
            EVP_PKEY_free(parsed)
            throw DKIMKeyFault()
        }
        key = parsed
    }

    deinit { EVP_PKEY_free(key) }

    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2).
    func signature(of data: [UInt8]) throws -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw DKIMKeyFault() }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1 else { throw DKIMKeyFault() }
        var length = Int(EVP_PKEY_get_size(key))
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, data, data.count) == 1 else { throw DKIMKeyFault() }
        return Array(signature.prefix(length))
    }
}

/// A key that is none of ours, or cannot sign.
struct DKIMKeyFault: Error {}
