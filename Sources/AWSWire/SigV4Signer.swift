// SPDX-License-Identifier: Apache-2.0

/// Signs requests as an AWS SDK does.
package struct SigV4Signer: Sendable {
    private let accessKeyID: String
    private let secret: [UInt8]
    private let region: String
    private let service: String

    package init(accessKeyID: String, secret: [UInt8], region: String, service: String) {
        self.accessKeyID = accessKeyID
        self.secret = secret
        self.region = region
        self.service = service
    }

    /// - Parameters:
    ///   - headers: names in lower case, `host` among them.
    ///   - seconds: the moment, since 1970.
    /// - Returns: the headers with `x-amz-date` and `authorization`.
    package func sign(
        method: String, path: String, query: String = "", headers: [(String, String)], body: [UInt8], at seconds: Int64
    ) -> [(String, String)] {
        let timestamp = BasicDate.text(seconds)
        let scope = SigV4.Scope(date: String(timestamp.prefix(8)), region: region, service: service)
        let all = headers + [("x-amz-date", timestamp)]
        let names = Set(all.map(\.0)).sorted()
        let request = WireRequest(
            method: method, path: path, query: query, headers: all.map { (name: $0.0, value: $0.1) }, body: body)
        let canonical = SigV4.canonicalRequest(
            request, signedHeaders: names, payloadHash: SigV4.hash(body), service: service)
        let signature = SigV4.hex(
            SigV4.hmac(
                SigV4.stringToSign(canonical, timestamp: timestamp, scope: scope),
                key: SigV4.signingKey(secret: secret, scope: scope)))
        let credential = "\(accessKeyID)/\(scope.text)"
        let value =
            "\(SigV4.algorithm) Credential=\(credential), SignedHeaders=\(names.joined(separator: ";")), Signature=\(signature)"
        return all + [("authorization", value)]
    }
}
