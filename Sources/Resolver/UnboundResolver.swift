// SPDX-License-Identifier: Apache-2.0

import CUnbound
package import DNS
@preconcurrency import Dispatch
import Foundation
import Synchronization

/// DNS answers from libunbound, validated with DNSSEC and cached in the process.
///
/// Limits: 10 seconds a question, 2,000 questions at a time; beyond either the answer is `.failed`.
package final class UnboundResolver: DNSLookup {
    package struct Settings: Sendable {
        /// Forwarders, `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`; empty for the system's.
        package var servers: [String]
        /// Trust anchor file; nil for the system's root key, where there is one.
        package var trustAnchor: String?
        package var timeout = 10.0
        package var maximumQuestions = 2_000

        package init(servers: [String], trustAnchor: String?) {
            self.servers = servers
            self.trustAnchor = trustAnchor
        }
    }

    // libunbound's context is thread-safe by its own account ("libunbound(3)", ub_ctx_async with threads).
    private nonisolated(unsafe) let context: OpaquePointer
    private let source: any DispatchSourceRead
    private let settings: Settings
    private let questions = Atomic<Int>(0)

    /// - Throws: `ResolverFailure` with libunbound's words.
    package init(_ settings: Settings) throws {
        guard let context = ub_ctx_create() else { throw ResolverFailure(description: "libunbound has no memory") }
        self.context = context
        self.settings = settings
        try Self.check(ub_ctx_async(context, 1))
        try Self.check(ub_ctx_set_option(context, "do-not-query-localhost:", "no"))
        if settings.servers.isEmpty {
            try Self.check(ub_ctx_resolvconf(context, nil))
        }
        for server in settings.servers { try Self.check(ub_ctx_set_fwd(context, try Self.unboundAddress(server))) }
        if let anchor = settings.trustAnchor ?? Self.systemAnchor {
            try Self.check(ub_ctx_add_ta_file(context, anchor))
        }
        let queue = DispatchQueue(label: "postern.resolver")
        source = DispatchSource.makeReadSource(fileDescriptor: ub_fd(context), queue: queue)
        let pointer = UInt(bitPattern: UnsafeRawPointer(context))
        source.setEventHandler { ub_process(OpaquePointer(bitPattern: pointer)) }
        source.resume()
    }

    deinit {
        source.cancel()
        ub_ctx_delete(context)
    }

    package func mx(_ name: String) async -> Answer<MXRecord> {
        await ask(name, type: 15).map { RecordData.mx($0) }
    }

    package func txt(_ name: String) async -> Answer<TXTRecord> {
        await ask(name, type: 16).map { RecordData.txt($0) }
    }

    package func tlsa(_ name: String) async -> Answer<TLSARecord> {
        await ask(name, type: 52).map { RecordData.tlsa($0) }
    }

    package func addresses(_ name: String) async -> Answer<AddressRecord> {
        async let v4 = ask(name, type: 1).map { RecordData.ipv4($0) }
        async let v6 = ask(name, type: 28).map { RecordData.ipv6($0) }
        let (a, aaaa) = await (v4, v6)
        let records = a.records + aaaa.records
        return Answer(
            records: records, status: Self.status(a.status, aaaa.status),
            security: Self.security(a, aaaa), timeToLive: min(a.timeToLive, aaaa.timeToLive),
            canonicalName: a.canonicalName ?? aaaa.canonicalName)
    }

    // A question that failed gave no records, so it cannot make the other's less proven: whoever can drop one answer
    // would turn DANE off (RFC 7672 §2.2.2).
    private static func security(_ one: Answer<AddressRecord>, _ other: Answer<AddressRecord>) -> AnswerSecurity {
        if case .failed = one.status { return other.security }
        if case .failed = other.status { return one.security }
        return one.security == other.security ? one.security : .insecure
    }

    // What one question left open is not settled by the other's "no".
    private static func status(_ one: AnswerStatus, _ other: AnswerStatus) -> AnswerStatus {
        if one == .found || other == .found { return .found }
        if case .failed = other { return other }
        return one
    }

    private func ask(_ name: String, type: Int32) async -> Answer<[UInt8]> {
        guard questions.add(1, ordering: .relaxed).newValue <= settings.maximumQuestions else {
            questions.subtract(1, ordering: .relaxed)
            return .failure("too many questions at one time")
        }
        defer { questions.subtract(1, ordering: .relaxed) }
        return await withCheckedContinuation { continuation in
            let box = Question(continuation)
            let data = Unmanaged.passRetained(box).toOpaque()
            var id: Int32 = 0
            let status = ub_resolve_async(
                context, name, type, 1, data,
                { data, error, result in
                    guard let data else { return }
                    let box = Unmanaged<Question>.fromOpaque(data).takeRetainedValue()
                    box.finish(error == 0 ? Answer(result) : .failure(String(cString: ub_strerror(error))))
                    ub_resolve_free(result)
                }, &id)
            if status != 0 {
                Unmanaged<Question>.fromOpaque(data).release()
                box.finish(.failure(String(cString: ub_strerror(status))))
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + settings.timeout) {
                box.finish(.failure("no answer in time"))
            }
        }
    }

    private static func check(_ status: Int32) throws {
        if status != 0 { throw ResolverFailure(description: String(cString: ub_strerror(status))) }
    }

    // `127.0.0.1:5353` and `[::1]:5353` are written with @ in libunbound.
    private static func unboundAddress(_ server: String) throws -> String {
        var (host, port) = (Substring(server), Substring("53"))
        if server.hasPrefix("["), let bracket = server.lastIndex(of: "]") {
            host = server[..<bracket].dropFirst()
            let rest = server[server.index(after: bracket)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw notAServer(server) }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else if server.count(where: { $0 == ":" }) == 1, let colon = server.firstIndex(of: ":") {
            (host, port) = (server[..<colon], server[server.index(after: colon)...])
        }
        var octets = in6_addr()
        guard let number = UInt16(port), number > 0,
            inet_pton(AF_INET, String(host), &octets) == 1 || inet_pton(AF_INET6, String(host), &octets) == 1
        else { throw notAServer(server) }
        return "\(host)@\(number)"
    }

    private static func notAServer(_ server: String) -> ResolverFailure {
        ResolverFailure(description: "\(server) is no name server: write ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT")
    }

    private static var systemAnchor: String? {
        ["/usr/share/dns/root.key", "/var/lib/unbound/root.key"].first {
            FileManager.default.isReadableFile(atPath: $0)
        }
    }
}

package struct ResolverFailure: Error, CustomStringConvertible {
    package let description: String
}

/// A waiting caller, answered exactly once: by libunbound or by the clock, whichever is first.
private final class Question: Sendable {
    private let continuation: Mutex<CheckedContinuation<Answer<[UInt8]>, Never>?>

    init(_ continuation: CheckedContinuation<Answer<[UInt8]>, Never>) { self.continuation = Mutex(continuation) }

    func finish(_ answer: Answer<[UInt8]>) {
        let waiting = continuation.withLock { value in
            defer { value = nil }
            return value
        }
        waiting?.resume(returning: answer)
    }
}
