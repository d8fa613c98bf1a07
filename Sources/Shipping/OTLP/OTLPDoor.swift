// SPDX-License-Identifier: Apache-2.0

import Compression
package import Mail

/// What a collector says to a request (OTLP/HTTP, "Response").
package enum OTLPAnswer: Hashable, Sendable {
    /// It took the request, but for so many of its records, spans or data points, which are not to be sent again.
    case taken(rejected: UInt64)
    /// The same can succeed later; no sooner than `after` seconds, where it said so.
    case later(String, after: Double?)
    /// This request can never succeed: something in it is wrong, or it is too large.
    case refused(String)
    /// None can succeed until somebody acts: a token or an address is wrong.
    case stopped(String)

    /// Which statuses are tried again is the protocol's list; a refusal that is about who we are or where we post waits
    /// for somebody to act.
    init(_ answer: SinkAnswer, of endpoint: String) {
        let words = "\(endpoint) answered \(answer.status)"
        switch answer.status {
        case 200..<300:
            // partial_success.rejected_…: the same numbers for logs, metrics and traces.
            self = .taken(rejected: Protobuf.varint(at: [1, 1], in: answer.body[...]) ?? 0)
        case 400, 413: self = .refused(words)
        case 408, 425, 429, 500...599: self = .later(words, after: answer.retryAfter)
        default: self = .stopped(words)
        }
    }
}

/// One signal's address at a collector: requests of protobuf over HTTP, in gzip (OTLP 1.x).
package struct OTLPDoor: Sendable {
    package enum Signal: String, Sendable { case logs, metrics, traces }

    private let endpoint: String
    private let url: String
    private let token: SecretBytes?
    private let web: any SinkWeb

    /// - Parameters:
    ///   - endpoint: `https://otel.example.com:4318`
    ///   - token: sent as `Authorization: Bearer`.
    package init(_ signal: Signal, at endpoint: String, token: SecretBytes?, web: any SinkWeb) {
        self.endpoint = endpoint
        url = "\(endpoint)/v1/\(signal.rawValue)"
        self.token = token
        self.web = web
    }

    package func close() async { await web.close() }

    /// - Parameter message: one request of the signal.
    func post(_ message: [UInt8]) async -> OTLPAnswer {
        guard let body = try? Gzip.compress(message, .quick) else {
            return .later("no memory to compress a request", after: nil)
        }
        return await post(compressed: body)
    }

    func post(compressed body: [UInt8]) async -> OTLPAnswer {
        var headers = [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "gzip")]
        if let token { headers.append(("Authorization", "Bearer \(String(decoding: token.exposed, as: UTF8.self))")) }
        do {
            return OTLPAnswer(try await web.post(SinkRequest(url: url, headers: headers, body: body)), of: endpoint)
        } catch {
            return .later("\(endpoint): \(error)", after: nil)
        }
    }
}
