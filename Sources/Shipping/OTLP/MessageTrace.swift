// SPDX-License-Identifier: Apache-2.0

import Crypto
import Journal
import Mail

/// The trace of one message: from its acceptance to what became of each try.
///
/// All its ids are made from what is stored, so whoever sends a span twice sends the same. In it is nothing of what the
/// message says and to whom: no recipient, no subject, no reply's text.
struct MessageTrace: Sendable {
    let traceID: [UInt8]
    /// Of the span of its acceptance.
    let rootID: [UInt8]
    /// The caller's, where the caller had one.
    private let above: Span.Parent
    let isSampled: Bool
    private let message: MessageID

    /// - Parameters:
    ///   - trace: the `traceparent` of its acceptance: its trace goes on, if it is sampled.
    ///   - share: of the messages without one that are sampled, 0 to 1.
    init(of message: MessageID, trace: String?, share: Double) {
        self.message = message
        let digest = Array(SHA256.hash(data: Array(message.description.utf8)))
        rootID = Array(digest[16..<24])
        if let caller = trace.flatMap(TraceParent.init) {
            (traceID, above, isSampled) = (caller.traceID, .remote(caller.parentID), caller.isSampled)
        } else {
            (traceID, above) = (Array(digest[..<16]), .none)
            isSampled = Self.isChosen(traceID, share: share)
        }
    }

    // The last 56 bits are the random ones (W3C Trace Context 2, "Random Trace ID Flag").
    private static func isChosen(_ traceID: [UInt8], share: Double) -> Bool {
        let bits = traceID.suffix(7).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Double(bits) < share * Double(UInt64(1) << 56)
    }

    /// - Parameters:
    ///   - moment: the fact's.
    ///   - took: nil where nobody knows any more; then the span has no length.
    func accepted(_ event: Fact.Accepted, at moment: Timestamp, took: AcceptTimes.Time?) -> Span {
        let end = (took?.end ?? moment).unixNanoseconds
        let length = UInt64(clamping: Int64(((took?.seconds ?? 0) * 1e9).clamped))
        var attributes = [
            Span.Attribute("messaging.system", .text("postern")),
            .init("messaging.message.id", .text(message.description)),
            .init("messaging.message.body.size", .integer(event.size)), .init("postern.door", .text(event.door)),
            .init("postern.recipients", .integer(event.recipients.count)),
        ]
        if let set = event.configurationSet { attributes.append(.init("postern.configuration_set", .text(set))) }
        return Span(
            traceID: traceID, spanID: rootID, parent: above, name: "accept", kind: .server,
            start: end - min(end, length), end: end, attributes: attributes, error: nil)
    }

    /// - Parameters:
    ///   - name: `deliver`, `defer`, `bounce`.
    ///   - place: the fact's stream and its number there.
    func outcome(_ name: String, _ event: Fact.Outcome, at moment: Timestamp, place: String) -> Span {
        let digest = SHA256.hash(data: Array("\(message) \(place)".utf8))
        let end = moment.unixNanoseconds
        let length = UInt64(clamping: max(0, event.milliseconds)).multipliedReportingOverflow(by: 1_000_000)
        let isBounce = name == "bounce"
        let wasTried = !event.peer.isEmpty && event.attempt > 0
        return Span(
            traceID: traceID, spanID: Array(digest.prefix(8)), parent: .ours(rootID), name: name,
            kind: wasTried ? .client : .inside, start: end - min(end, length.overflow ? 0 : length.partialValue),
            end: end, attributes: attributes(of: event, isError: isBounce),
            error: isBounce ? event.verdict?.subType ?? "Undetermined" : nil)
    }

    private func attributes(of event: Fact.Outcome, isError: Bool) -> [Span.Attribute] {
        var attributes = [
            Span.Attribute("messaging.system", .text("postern")),
            .init("messaging.message.id", .text(message.description)),
            .init("postern.attempt", .integer(event.attempt)),
            .init("postern.recipients", .integer(event.recipients.count)),
        ]
        func add(_ key: String, _ value: OTLPValue?) {
            if let value { attributes.append(.init(key, value)) }
        }
        let peer = PeerName(event.peer)
        let code = Self.code(of: event.reply)
        add("server.address", peer.host.map { .text($0) })
        add("network.peer.address", peer.address.map { .text($0) })
        add("network.peer.port", peer.port.map { .integer($0) })
        add("postern.reply.code", code.map { .integer($0) })
        add("tls.protocol.name", event.tls.map { _ in .text("tls") })
        add("tls.protocol.version", event.tls.map { .text($0.hasPrefix("TLSv") ? String($0.dropFirst(4)) : $0) })
        add("postern.bounce.type", event.verdict.map { .text($0.type) })
        add("postern.bounce.sub_type", event.verdict.map { .text($0.subType) })
        if isError { add("error.type", .text(code.map { "\($0)" } ?? "_OTHER")) }
        return attributes
    }

    /// The three digits that a reply begins with.
    private static func code(of reply: String) -> Int? {
        let digits = reply.utf8.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}

/// Who answered, taken apart: `mx1.example.com [192.0.2.1]:25`. Nil for what is not there.
struct PeerName: Hashable, Sendable {
    private static let longest = 255

    let host: String?
    let address: String?
    let port: Int?

    init(_ text: String) {
        let host = text.prefix { $0 != " " }
        self.host = host.isEmpty ? nil : String(host.prefix(Self.longest))
        let rest = text.dropFirst(host.count).drop { $0 == " " }
        guard rest.first == "[", let end = rest.firstIndex(of: "]") else {
            (address, port) = (nil, nil)
            return
        }
        address = String(rest[..<end].dropFirst().prefix(Self.longest))
        port = Int(rest[end...].dropFirst().drop { $0 == ":" })
    }
}

extension Double {
    fileprivate var clamped: Double { isFinite ? Swift.min(Swift.max(self, 0), 1e18) : 0 }
}
