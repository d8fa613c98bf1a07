// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Mail
import SwiftASN1
import X509

/// An authority of the tests, with its key, and what it signs.
struct DANEAuthority {
    let certificate: Certificate
    private let key: P256.Signing.PrivateKey

    static let moment = Timestamp(seconds: 1_800_000_000)
    private static let day = 86_400.0

    /// - Parameter issuer: nil for a root.
    init(_ name: String, by issuer: DANEAuthority? = nil) throws {
        key = P256.Signing.PrivateKey()
        certificate = try Self.issue(
            to: name, key.publicKey, by: issuer.map { ($0.certificate.subject, $0.key) } ?? (Self.named(name), key),
            validFrom: -Self.day, days: 30,
            Certificate.Extensions { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) })
    }

    var der: [UInt8] { Self.der(certificate) }
    var pem: String { (try? certificate.serializeAsPEM().pemString) ?? "" }

    /// A server's certificate.
    func server(
        _ names: [String], commonName: String = "server", days: Double = 30, isForServers: Bool = true
    ) throws -> [UInt8] {
        let names = names.map { GeneralName.dnsName($0) }
        return Self.der(
            try Self.issue(
                to: commonName, P256.Signing.PrivateKey().publicKey, by: (certificate.subject, key),
                validFrom: -2 * Self.day, days: days,
                Certificate.Extensions {
                    SubjectAlternativeNames(names)
                    try ExtendedKeyUsage([isForServers ? .serverAuth : .emailProtection])
                }))
    }

    private static func named(_ name: String) -> DistinguishedName {
        (try? DistinguishedName { CommonName(name) }) ?? DistinguishedName()
    }

    private static func issue(
        to name: String, _ publicKey: P256.Signing.PublicKey, by issuer: (DistinguishedName, P256.Signing.PrivateKey),
        validFrom: Double, days: Double, _ extensions: Certificate.Extensions
    ) throws -> Certificate {
        let start = Date(timeIntervalSince1970: Double(moment.seconds) + validFrom)
        return try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(publicKey), notValidBefore: start,
            notValidAfter: start + days * day, issuer: issuer.0, subject: named(name),
            signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: .init(issuer.1))
    }

    static func der(_ certificate: Certificate) -> [UInt8] {
        var serializer = DER.Serializer()
        try? serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    /// DER of a certificate's public key, by way of the library.
    static func publicKey(_ der: [UInt8]) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(try Certificate(derEncoded: der).publicKey)
        return serializer.serializedBytes
    }
}
