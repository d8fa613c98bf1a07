// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import FoundationEssentials
package import Mail

/// The public half of a key that signs digests, as `ListPublicKeys` shows it.
package struct TrailPublicKey: Hashable, Sendable, Codable {
    /// PKCS#1 DER.
    package let der: [UInt8]
    package let validFrom: Timestamp
    package var validTo: Timestamp

    package init(der: [UInt8], validFrom: Timestamp, validTo: Timestamp) {
        self.der = der
        self.validFrom = validFrom
        self.validTo = validTo
    }

    /// The MD5 of the DER, in hexadecimal: AWS's way to name a key, which nothing relies on.
    package var fingerprint: String { TrailHash.hex(Insecure.MD5.hash(data: der)) }
    package var base64: String { Data(der).base64EncodedString() }

    func verifies(_ signature: [UInt8], of text: String) -> Bool {
        guard let key = try? _RSA.Signing.PublicKey(derRepresentation: der) else { return false }
        return key.isValidSignature(
            .init(rawRepresentation: Data(signature)), for: SHA256.hash(data: Array(text.utf8)),
            padding: .insecurePKCS1v1_5)
    }
}

/// A key of the trail with its private half, which is forgotten once another key signs.
package struct TrailKey: Hashable, Sendable {
    package var publicKey: TrailPublicKey
    /// PKCS#8 DER.
    package var privateKey: SecretBytes?

    package init(publicKey: TrailPublicKey, privateKey: SecretBytes?) {
        self.publicKey = publicKey
        self.privateKey = privateKey
    }

    /// A fresh RSA-2048 key.
    static func make(from: Timestamp, to: Timestamp) throws -> TrailKey {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        return TrailKey(
            publicKey: TrailPublicKey(der: Array(key.publicKey.pkcs1DERRepresentation), validFrom: from, validTo: to),
            privateKey: SecretBytes(Array(key.pkcs8DERRepresentation)))
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256, as hexadecimal digits.
    func sign(_ text: String) throws -> String {
        guard let privateKey else { throw TrailFailure("the key \(publicKey.fingerprint) does not sign any more") }
        let key = try _RSA.Signing.PrivateKey(derRepresentation: Data(privateKey.exposed))
        let signature = try key.signature(
            for: SHA256.hash(data: Array(text.utf8)), padding: .insecurePKCS1v1_5)
        return TrailHash.hex(signature.rawRepresentation)
    }
}

/// Keeps the keys of the trail, private halves sealed.
package protocol TrailKeyStore: Sendable {
    /// All that ever signed, oldest first; empty before the first.
    func keys() async throws -> [TrailKey]
    /// Takes the place of all, durably before it returns.
    func replace(_ keys: [TrailKey]) async throws
}

/// The keys that sign digests: one signs at a time, each for a quarter of a year, and old ones stay listed.
package actor TrailKeyring {
    /// Seconds.
    package static let lifetime = 90.0 * 86_400

    private let store: any TrailKeyStore
    private var known: [TrailKey]?

    package init(_ store: any TrailKeyStore) { self.store = store }

    package func publicKeys() async throws -> [TrailPublicKey] { try await keys().map(\.publicKey) }

    /// The key for a digest of this time; made where none is, or the last one's time is over.
    func signer(from start: Timestamp, to end: Timestamp) async throws -> TrailKey {
        let keys = try await keys()
        if let last = keys.last, last.privateKey != nil, last.publicKey.validTo >= end { return last }
        return try await add(from: keys.last.map { min($0.publicKey.validTo, start) } ?? start, at: end)
    }

    /// Has another key sign from now on.
    package func rotate(at moment: Timestamp) async throws -> TrailPublicKey {
        try await add(from: moment, at: moment).publicKey
    }

    private func add(from start: Timestamp, at moment: Timestamp) async throws -> TrailKey {
        var keys = try await keys()
        let key = try TrailKey.make(from: start, to: moment + Self.lifetime)
        if let last = keys.indices.last {
            keys[last].privateKey = nil
            keys[last].publicKey.validTo = min(keys[last].publicKey.validTo, moment)
        }
        keys.append(key)
        try await store.replace(keys)
        known = keys
        return key
    }

    private func keys() async throws -> [TrailKey] {
        if let known { return known }
        let keys = try await store.keys()
        known = keys
        return keys
    }
}

enum TrailHash {
    static func sha256(_ bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for octet in bytes { write(octet, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the two digits of an octet.
    private static func write(_ octet: UInt8, to text: inout [UInt8]) {
        text.append(digit(octet >> 4))
        text.append(digit(octet & 15))
    }

    private static func digit(_ half: UInt8) -> UInt8 { half < 10 ? 48 + half : 87 + half }

    /// Nil for what are no hexadecimal digits, two an octet.
    static func octets(_ hex: String) -> [UInt8]? {
        let digits = hex.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count.isMultiple(of: 2), digits.count <= 8_192 else { return nil }
        var result: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            result.append(high << 4 | low)
        }
        return result
    }
}

/// What is wrong with the trail's files, in words for the operator.
package struct TrailFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
