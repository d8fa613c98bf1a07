// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A signed request of which the operation is known: what a record of it needs beyond what the operation is given.
package final class ServiceCall: Sendable {
    /// By which fact the call is on record already.
    package enum Record: Sendable {
        case none
        /// A change or a send: written where the operation has succeeded.
        case act
        /// The gate's no, which the caller hears as an error.
        case refusal
    }

    /// The service in SigV4's words: `ses`, `iam`, `monitoring`.
    package let service: String
    /// `SendEmail`; of an operation that does not exist the name that was asked for, in letters and digits.
    package let name: String
    /// The Host header.
    package let host: String
    /// The operation's input as JSON, by its names on the wire; empty where the request is not understood.
    package let input: [UInt8]
    private let state = Mutex(Record.none)

    package init(service: String, name: String, host: String, input: [UInt8]) {
        self.service = service
        self.name = name
        self.host = host
        self.input = input
    }

    package var record: Record { state.withLock { $0 } }

    /// A store has been given a fact of this call.
    package func isOnRecord(as record: Record) { state.withLock { $0 = record } }

    /// What a request calls its operation, whether there is one of that name: of a form its first 64 KB are looked at.
    package static func name(in request: WireRequest) -> String {
        if let target = RPCTarget(request) { return clipped(target.operation) }
        if let target = request.header("x-amz-target") { return clipped(target.split(separator: ".").last ?? "") }
        let texts = [
            String(decoding: request.query.utf8.prefix(64 << 10), as: UTF8.self),
            String(decoding: request.body.prefix(64 << 10), as: UTF8.self),
        ]
        let action = texts.lazy.flatMap { $0.split(separator: "&") }.first { $0.hasPrefix("Action=") }
        return clipped(action?.dropFirst("Action=".count) ?? "")
    }

    /// At most 64 letters and digits of what a stranger calls an operation.
    static func clipped(_ name: some StringProtocol) -> String {
        let word = name.utf8.prefix(64)
        let isWord = word.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        return isWord && !word.isEmpty ? String(decoding: word, as: UTF8.self) : "UnknownOperation"
    }
}

/// Keeps a record of every call, whatever comes of it.
package protocol CallRecorder: Sendable {
    /// Returns once the record is on stable storage. Where it throws, the caller hears of a failure of ours instead of the
    /// answer.
    /// - Parameter error: what the caller is about to be told; nil for success.
    func ended(_ call: ServiceCall, _ context: RequestContext, _ error: ServiceError?) async throws
    /// A request whose signature does not count: nobody knows whose it is.
    func turnedAway(
        _ request: WireRequest, by fault: SignatureFault, key: String?, over connection: WireConnection,
        requestID: String
    ) async
}

/// What answers for objects instead of operations: S3.
package protocol ObjectService: Sendable {
    /// `GetObject`
    func name(of request: WireRequest) -> String
    /// - Throws: `ServiceError` for what the caller should know.
    func answer(_ request: WireRequest, _ context: RequestContext) async throws -> WireResponse
}
