// SPDX-License-Identifier: Apache-2.0

import AWSWire
package import Foundation
import FoundationNetworking

/// Calls AWS-shaped services with ordinary credentials.
package struct SignedClient: Sendable {
    private let endpoint: String
    private let region: String
    private let accessKeyID: String
    private let secret: [UInt8]

    package init(endpoint: String, region: String, accessKeyID: String, secret: [UInt8]) {
        self.endpoint = endpoint
        self.region = region
        self.accessKeyID = accessKeyID
        self.secret = secret
    }

    /// A call in json-1.1.
    /// - Throws: `CallFailure` with the service's words.
    package func call(service: String, target: String, _ input: some Encodable) async throws -> Data {
        try await call(service: service, target: target, body: try JSONEncoder().encode(input))
    }

    /// - Parameter body: JSON.
    package func call(service: String, target: String, body: Data) async throws -> Data {
        guard let url = URL(string: endpoint + "/"), let host = url.host() else {
            throw CallFailure(description: "'\(endpoint)' is no URL")
        }
        let authority = url.port.map { "\(host):\($0)" } ?? host
        var headers = [("content-type", "application/x-amz-json-1.1"), ("host", authority), ("x-amz-target", target)]
        headers = SigV4Signer(accessKeyID: accessKeyID, secret: secret, region: region, service: service).sign(
            method: "POST", path: "/", headers: headers, body: Array(body), at: Int64(Date().timeIntervalSince1970))
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = body
        for (name, value) in headers where name != "host" { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let response = response as? HTTPURLResponse, response.statusCode == 200 else {
            throw CallFailure(description: String(decoding: data, as: UTF8.self))
        }
        return data
    }
}

package struct CallFailure: Error, CustomStringConvertible {
    package let description: String
}
