// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import NIOSSL
import Settings
import SwiftASN1
import X509

/// TLS for our listeners: 1.2 and 1.3 only, whatever the library's default.
enum Certificates {
    /// - Parameter files: nil makes a self-signed certificate for `hostname`, good for a year.
    static func server(_ files: ServerConfiguration.CertificateFiles?, hostname: String) throws -> TLSConfiguration {
        var configuration: TLSConfiguration
        if let files {
            let chain = try NIOSSLCertificate.fromPEMFile(files.certificate).map {
                NIOSSLCertificateSource.certificate($0)
            }
            configuration = .makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem)))
        } else {
            configuration = try selfSigned(hostname)
        }
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }

    private static func selfSigned(_ hostname: String) throws -> TLSConfiguration {
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName(hostname) }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: Date() - 3600,
            notValidAfter: Date() + 365 * 86400, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try .init {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                SubjectAlternativeNames([.dnsName(hostname)])
            }, issuerPrivateKey: .init(key))
        let pem = try certificate.serializeAsPEM().pemString
        return .makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)))
    }
}
