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

    package static func hash(_ bytes: [UInt8]) -> String { hex(Array(SHA256.hash(data: bytes))) }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func canonicalRequest(_ request: WireRequest, signedHeaders: [String], payloadHash: String, service: String)
        -> String
    {
        let headers = signedHeaders.map { name in
            let values = request.headers.filter { $0.name == name }.map { collapsed($0.value) }
            return "\(name):\(values.joined(separator: ","))\n"
        }
        // All services but S3 encode the path a second time.
        let path = service == "s3" ? request.path : Percent.encode(request.path.utf8, keeping: UInt8(ascii: "/"))
        return [
            request.method, path.isEmpty ? "/" : path, canonicalQuery(request.query), headers.joined(),
            signedHeaders.joined(separator: ";"), payloadHash,
        ].joined(separator: "\n")
    }

    static func stringToSign(_ canonicalRequest: String, timestamp: String, scope: Scope) -> String {
        "\(algorithm)\n\(timestamp)\n\(scope.text)\n\(hash(Array(canonicalRequest.utf8)))"
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
