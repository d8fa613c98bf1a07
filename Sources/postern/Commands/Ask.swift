// SPDX-License-Identifier: Apache-2.0

import AWSClient
import Foundation
import Mail
import Settings

extension ConfigurationOption {
    /// Asks the running server as its root user.
    /// - Parameters:
    ///   - operation: of the service `postern`.
    ///   - input: JSON.
    func ask(_ operation: String, _ input: [String: Any]) async throws -> Data {
        let configuration = try load()
        let scheme = configuration.apiTLS == nil ? "http" : "https"
        // Brackets make a host of an IPv6 address.
        let host = configuration.api.host.contains(":") ? "[\(configuration.api.host)]" : configuration.api.host
        let client = AWSClient.SignedClient(
            endpoint: "\(scheme)://\(host):\(configuration.api.port)", region: configuration.region,
            accessKeyID: configuration.root.id, secret: configuration.root.secret.exposed)
        return try await client.call(
            service: "postern", target: "Postern.\(operation)", body: try JSONSerialization.data(withJSONObject: input))
    }
}
