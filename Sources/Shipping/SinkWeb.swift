// SPDX-License-Identifier: Apache-2.0

/// How sinks post over HTTPS: no redirects, a limit on time and on the answer's size.
package protocol SinkWeb: Sendable {
    /// - Throws: where no answer came, whatever the reason.
    func post(_ request: SinkRequest) async throws -> SinkAnswer
    func close() async
}

package struct SinkRequest: Sendable {
    package let url: String
    /// Some are secret.
    package let headers: [(String, String)]
    package let body: [UInt8]
}

package struct SinkAnswer: Hashable, Sendable {
    package let status: Int
    package let body: [UInt8]
    /// Seconds of `Retry-After`.
    package let retryAfter: Double?

    package init(status: Int, body: [UInt8], retryAfter: Double? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
    }
}
