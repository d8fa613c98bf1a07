// SPDX-License-Identifier: Apache-2.0

import Crypto

/// AWS Signature Version 4 ("Create a signed AWS API request", IAM user guide): pure functions of a request and a moment.
package enum SigV4 {
    package static let algorithm = "AWS4-HMAC-SHA256"

    /// date/region/service/aws4_request
    package struct Scope: Hashable, Sendable {
        package let date: String
        package let region: String
        package let service: String

        package init(date: String, region: String, service: String) {
            self.date = date
            self.region = region
            self.service = service
        }

        var text: String { "\(date)/\(region)/\(service)/aws4_request" }
    }

    package static func signingKey(secret: [UInt8], scope: Scope) -> [UInt8] {
        var key = Array("AWS4".utf8) + secret
        for step in [scope.date, scope.region, scope.service, "aws4_request"] { key = hmac(step, key: key) }
        return key
    }

    static func hmac(_ text: String, key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }

    package static func hash(_ bytes: [UInt8]) -> String { SHA256.hash(data: bytes).withUnsafeBytes { hex($0) } }

    private static let digits = Array("0123456789abcdef".utf8)

    static func hex(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { hex($0) } }

    private static func hex(_ bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { text in
            for (index, byte) in bytes.enumerated() {
                text[index * 2] = digits[Int(byte >> 4)]
                text[index * 2 + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    /// Nil for what is no SHA-256 in hexadecimal.
    static func octets(_ hex: String) -> [UInt8]? {
        guard hex.utf8.count == 64 else { return nil }
        var (hex, result) = (hex, [UInt8]())
        result.reserveCapacity(32)
        let isHex = hex.withUTF8 { digits in
            for index in stride(from: 0, to: 64, by: 2) {
                guard let high = digit(digits[index]), let low = digit(digits[index + 1]) else { return false }
                result.append(high << 4 | low)
            }
            return true
        }
        return isHex ? result : nil
    }

    private static func digit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    static func canonicalRequest(
        _ request: WireRequest, signedHeaders: [String], payloadHash: String, service: String
    ) -> [UInt8] {
        // All services but S3 encode the path a second time.
        let isAsIs = service == "s3" || request.path.utf8.allSatisfy(isPlain)
        let path = isAsIs ? request.path : Percent.encode(request.path.utf8, keeping: UInt8(ascii: "/"))
        var text: [UInt8] = []
        text.reserveCapacity(1_024)
        for line in [request.method, path.isEmpty ? "/" : path, canonicalQuery(request.query)] {
            text += line.utf8
            text.append(newline)
        }
        for name in signedHeaders {
            text += name.utf8
            var separator = UInt8(ascii: ":")
            for (other, value) in request.headers where other == name {
                text.append(separator)
                text += collapsed(value).utf8
                separator = UInt8(ascii: ",")
            }
            if separator == UInt8(ascii: ":") { text.append(separator) }
            text.append(newline)
        }
        text.append(newline)
        for (index, name) in signedHeaders.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ";")) }
            text += name.utf8
        }
        text.append(newline)
        text += payloadHash.utf8
        return text
    }

    // Of a path, what a second encoding changes nothing of (RFC 3986 §2.3).
    private static func isPlain(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static let newline = UInt8(ascii: "\n")

    static func stringToSign(_ canonicalRequest: [UInt8], timestamp: String, scope: Scope) -> String {
        String(decoding: octetsToSign(canonicalRequest, timestamp: timestamp, scope: scope), as: UTF8.self)
    }

    static func octetsToSign(_ canonicalRequest: [UInt8], timestamp: String, scope: Scope) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(256)
        for part in [algorithm, "\n", timestamp, "\n", scope.date, "/", scope.region, "/", scope.service] {
            text += part.utf8
        }
        text += "/aws4_request\n".utf8
        text += hash(canonicalRequest).utf8
        return text
    }

    private static func canonicalQuery(_ query: String) -> String {
        guard !query.isEmpty else { return "" }
        let pairs = query.split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                Percent.encode(Percent.decode(halves[0], plusIsSpace: false)),
                halves.count > 1 ? Percent.encode(Percent.decode(halves[1], plusIsSpace: false)) : ""
            )
        }
        return pairs.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    // White space around a value goes, runs inside become one space.
    private static func collapsed(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 32 || $0 == 9 }) else { return value }
        return value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    }
}
