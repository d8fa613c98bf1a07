// SPDX-License-Identifier: Apache-2.0

/// What stands behind the algorithm in an `Authorization` header: `Credential=…, SignedHeaders=…, Signature=…`.
struct AuthorizationHeader: Hashable {
    let credential: String?
    let signedHeaders: String?
    let signature: String?

    /// - Throws: `SignatureFault.incomplete` for another algorithm and for a field that stands twice.
    init(_ text: String) throws(SignatureFault) {
        guard text.hasPrefix(SigV4.algorithm) else {
            throw .incomplete("Unsupported signature algorithm: use \(SigV4.algorithm).")
        }
        self = if let usual = Self(usual: text) { usual } else { try Self(any: text) }
    }

    // Spaces count nowhere, and fields nobody asks for may stand there, but none twice.
    init(any text: String) throws(SignatureFault) {
        var fields: [String: String] = [:]
        let octets = Array(text.utf8)
        for part in octets.dropFirst(SigV4.algorithm.utf8.count).split(separator: UInt8(ascii: ",")) {
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1)
            guard halves.count == 2 else { continue }
            let name = Self.withoutSpaces(halves[0])
            guard fields[name] == nil else { throw .incomplete("Authorization header has '\(name)' twice.") }
            fields[name] = Self.withoutSpaces(halves[1])
        }
        credential = fields["Credential"]
        signedHeaders = fields["SignedHeaders"]
        signature = fields["Signature"]
    }

    /// The three fields as every client writes them: in any order, with spaces only before them. Nil for all else.
    init?(usual text: String) {
        var text = text
        let fields = text.withUTF8 { octets -> [String?]? in
            var found: [String?] = [nil, nil, nil]
            var start = SigV4.algorithm.utf8.count
            while start < octets.count {
                while start < octets.count, octets[start] == UInt8(ascii: " ") { start += 1 }
                let end = octets[start...].firstIndex(of: UInt8(ascii: ",")) ?? octets.count
                guard let equals = octets[start..<end].firstIndex(of: UInt8(ascii: "=")), equals + 1 < end,
                    !octets[start..<end].contains(UInt8(ascii: " ")),
                    let place = Self.names.firstIndex(where: { octets[start..<equals].elementsEqual($0.utf8) }),
                    found[place] == nil
                else { return nil }
                found[place] = String(decoding: octets[equals + 1..<end], as: UTF8.self)
                start = end + 1
            }
            return found
        }
        guard let fields else { return nil }
        (credential, signedHeaders, signature) = (fields[0], fields[1], fields[2])
    }

    private static let names = ["Credential", "SignedHeaders", "Signature"]

    private static func withoutSpaces(_ text: ArraySlice<UInt8>) -> String {
        String(decoding: text.filter { $0 != UInt8(ascii: " ") }, as: UTF8.self)
    }
}
