// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import FoundationEssentials
package import Mail
import SwiftASN1
import X509

/// A key that signs notifications, with its certificate, which it signed itself.
package struct NotificationKey: Hashable, Sendable {
    /// How long a certificate is good, and how long before its end another one takes its place: seconds.
    static let lifetime = 400.0 * 86_400
    static let overlap = 60.0 * 86_400

    /// 32 hexadecimal digits of the certificate's SHA-256.
    package let id: String
    /// PEM.
    package let certificate: String
    package let validTo: Timestamp
    /// PKCS#8 DER; nil once another key signs.
    package let privateKey: SecretBytes?

    package init(id: String, certificate: String, validTo: Timestamp, privateKey: SecretBytes?) {
        self.id = id
        self.certificate = certificate
        self.validTo = validTo
        self.privateKey = privateKey
    }

    /// As AWS calls such files.
    package var fileName: String { "SimpleNotificationService-\(id).pem" }

    /// A fresh RSA-2048 key; takes some 100 ms.
    /// - Parameter host: the certificate's name: where it is served.
    static func make(host: String, at moment: Timestamp) throws -> NotificationKey {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let name = try DistinguishedName { CommonName(String(host.prefix(64))) }
        let start = Date(timeIntervalSince1970: Double(moment.seconds - 3_600))
        let end = moment + lifetime
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: start,
            notValidAfter: Date(timeIntervalSince1970: Double(end.seconds)), issuer: name, subject: name,
            signatureAlgorithm: .sha256WithRSAEncryption,
            extensions: try .init {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
            }, issuerPrivateKey: .init(key))
        let pem = try certificate.serializeAsPEM()
        let id = UniqueText.hex(SHA256.hash(data: pem.derBytes).prefix(16))
        return NotificationKey(
            id: id, certificate: pem.pemString + "\n", validTo: end,
            privateKey: SecretBytes(Array(key.pkcs8DERRepresentation)))
    }

    var retired: NotificationKey {
        NotificationKey(id: id, certificate: certificate, validTo: validTo, privateKey: nil)
    }

    /// RSASSA-PKCS1-v1_5 over SHA-1 or SHA-256.
    /// - Throws: when the key does not sign any more.
    func sign(_ text: String, _ version: SignatureVersion) throws -> [UInt8] {
        guard let privateKey else { throw NotificationKeyFailure() }
        let key = try _RSA.Signing.PrivateKey(derRepresentation: Data(privateKey.exposed))
        let octets = Array(text.utf8)
        let signature =
            switch version {
            case .sha1: try key.signature(for: Insecure.SHA1.hash(data: octets), padding: .insecurePKCS1v1_5)
            case .sha256: try key.signature(for: SHA256.hash(data: octets), padding: .insecurePKCS1v1_5)
            }
        return Array(signature.rawRepresentation)
    }
}

struct NotificationKeyFailure: Error, CustomStringConvertible {
    let description = "there is no key to sign notifications with"
}
