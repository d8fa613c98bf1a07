// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import FoundationEssentials
import MIME
import Mail

/// What became of one signature, in RFC 8601's words.
package struct DKIMVerdict: Hashable, Sendable {
    package enum Result: String, Sendable { case pass, fail, neutral, permerror, temperror }
    package let result: Result
    package let domain: String
    package let selector: String
    package let reason: String

    package init(result: Result, domain: String, selector: String, reason: String) {
        self.result = result
        self.domain = domain
        self.selector = selector
        self.reason = reason
    }
}

/// Checks DKIM signatures (RFC 6376 §6) of the relaxed/relaxed kind that we make; others are `neutral`.
package struct DKIMVerifier: Sendable {
    /// More signatures than this on one message are not looked at.
    package static let maximumSignatures = 10

    /// Gives the key record's text for selector and domain; nil when there is none.
    private let lookup: @Sendable (_ selector: String, _ domain: String) async -> String?

    package init(lookup: @escaping @Sendable (_ selector: String, _ domain: String) async -> String?) {
        self.lookup = lookup
    }

    /// One verdict a signature, in the order of the fields; none for an unsigned message.
    package func verify(_ message: [UInt8]) async -> [DKIMVerdict] {
        guard let (header, offset) = try? HeaderSection.parse(Array(message.prefix(HeaderSection.maximumLength + 4)))
        else { return [] }
        var hasher = BodyHasher()
        message.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
        let bodyHash = hasher.finalize()
        var verdicts: [DKIMVerdict] = []
        for field in header.fields.filter({ $0.isNamed("DKIM-Signature") }).prefix(Self.maximumSignatures) {
            verdicts.append(await verify(field, of: header, bodyHash: bodyHash))
        }
        return verdicts
    }

    private func verify(_ field: HeaderField, of header: HeaderSection, bodyHash: [UInt8]) async -> DKIMVerdict {
        guard let tags = TagList(parsing: field.value), let domain = tags["d"], let selector = tags["s"],
            let names = tags.words("h"), let signature = tags.compact("b"), let claimed = tags.compact("bh"),
            tags["v"] == "1"
        else {
            return DKIMVerdict(
                result: .permerror, domain: "", selector: "", reason: "the signature lacks a required tag")
        }
        func verdict(_ result: DKIMVerdict.Result, _ reason: String) -> DKIMVerdict {
            DKIMVerdict(result: result, domain: domain, selector: selector, reason: reason)
        }
        guard names.contains(where: { $0.lowercased() == "from" }) else {
            return verdict(.permerror, "From is not signed")
        }
        guard let signer = try? Domain(parsing: domain), let identity = Self.identity(tags, default: signer),
            identity.isWithin(signer)
        else {
            return verdict(.permerror, "d= is no domain, or i= is outside of it")
        }
        guard tags["c"] == "relaxed/relaxed", tags["l"] == nil else {
            return verdict(.neutral, "canonicalisation not supported")
        }
        guard Base64.decode(Array(claimed.utf8)) == bodyHash else {
            return verdict(.fail, "the body hash does not match")
        }
        guard let text = await lookup(selector, domain) else { return verdict(.permerror, "no key for signature") }
        guard let record = DKIMKeyRecord(parsing: text), !record.publicKey.isEmpty else {
            return verdict(.permerror, "the key record is invalid or revoked")
        }
        guard record.isForMail, !record.isStrict || identity == signer else {
            return verdict(.permerror, "the key is not for this use")
        }
        let input = Self.signedOctets(field, names: names, header: header)
        let octets = Base64.decode(Array(signature.utf8))
        return Self.isValid(octets, of: input, record: record, algorithm: tags["a"] ?? "")
            ? verdict(.pass, "") : verdict(.fail, "the signature does not match")
    }

    // i= [ Local-part ] "@" domain-name; the domain of d= where it is absent (RFC 6376 §3.5).
    private static func identity(_ tags: TagList, default signer: Domain) -> Domain? {
        guard let text = tags["i"] else { return signer }
        return try? Domain(parsing: text.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
    }

    private static func signedOctets(_ field: HeaderField, names: [String], header: HeaderSection) -> [UInt8] {
        var used: [String: Int] = [:]
        var input: [UInt8] = []
        for name in names {
            let present = header.fields.filter { $0.isNamed(name) }
            let occurrence = used[name.lowercased(), default: 0]
            used[name.lowercased()] = occurrence + 1
            if occurrence < present.count { input += relaxed(present[present.count - 1 - occurrence].raw) }
        }
        return input + relaxed(withoutSignature(field.raw)).dropLast(2)
    }

    // b= is taken as empty; `bh=` is another tag, so a b that follows ";" or white space begins it.
    private static func withoutSignature(_ raw: [UInt8]) -> [UInt8] {
        let colon = raw.firstIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? raw.startIndex
        var result = Array(raw[..<colon])
        for (index, piece) in raw[colon...].split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .enumerated()
        {
            if index > 0 { result.append(UInt8(ascii: ";")) }
            let start = piece.drop { $0 <= 32 }
            let name = start.prefix { $0 != UInt8(ascii: "=") }.filter { $0 > 32 }
            if name.elementsEqual([UInt8(ascii: "b")]), let equals = piece.firstIndex(of: UInt8(ascii: "=")) {
                result += piece[...equals]
            } else {
                result += piece
            }
        }
        return result
    }

    private static func isValid(_ signature: [UInt8], of input: [UInt8], record: DKIMKeyRecord, algorithm: String)
        -> Bool
    {
        let digest = SHA256.hash(data: input)
        switch (algorithm, record.keyType) {
        case ("rsa-sha256", "rsa"):
            guard let key = try? _RSA.Signing.PublicKey(unsafeDERRepresentation: Data(record.publicKey)) else {
                return false
            }
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: Data(signature)), for: digest, padding: .insecurePKCS1v1_5)
        case ("ed25519-sha256", "ed25519"):
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: Data(record.publicKey)) else {
                return false
            }
            return key.isValidSignature(Data(signature), for: Data(digest))
        default: return false
        }
    }
}
