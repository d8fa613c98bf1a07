// SPDX-License-Identifier: Apache-2.0

/// A piece of a trace: `opentelemetry.proto.trace.v1.Span`, of those that are sampled.
struct Span: Hashable, Sendable {
    /// SpanKind
    enum Kind: UInt64, Sendable {
        case inside = 1
        case server = 2
        case client = 3
    }

    /// Of what is above it: nothing, a span of ours, or one of whoever called us.
    enum Parent: Hashable, Sendable {
        case none
        case ours([UInt8])
        case remote([UInt8])
    }

    var traceID: [UInt8]
    var spanID: [UInt8]
    var parent: Parent
    var name: String
    var kind: Kind
    /// Nanoseconds since 1970.
    var start: UInt64
    var end: UInt64
    var attributes: [Attribute]
    /// What went wrong, in a word; nil where nothing did.
    var error: String?

    struct Attribute: Hashable, Sendable {
        let key: String
        let value: OTLPValue

        init(_ key: String, _ value: OTLPValue) {
            self.key = key
            self.value = value
        }
    }

    func write(to message: inout Protobuf) {
        message.bytes(1, traceID)
        message.bytes(2, spanID)
        switch parent {
        case .none: break
        case .ours(let id), .remote(let id): message.bytes(4, id)
        }
        message.text(5, name)
        message.varint(6, kind.rawValue)
        message.fixed64(7, start)
        message.fixed64(8, end)
        for attribute in attributes { message.attribute(9, attribute.key, attribute.value) }
        if let error {
            message.message(15) {
                $0.text(2, error)
                // STATUS_CODE_ERROR
                $0.varint(3, 2)
            }
        }
        message.fixed32(16, flags)
    }

    /// Sampled, and whether the parent is remote (SpanFlags).
    private var flags: UInt32 {
        if case .remote = parent { 0x301 } else { 0x101 }
    }
}

/// `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`.
enum TracesRequest {
    static func encode(_ spans: [Span], of resource: OTLPResource) -> [UInt8] {
        var request = Protobuf()
        request.message(1) { resourceSpans in
            resourceSpans.message(1) { resource.write(to: &$0) }
            resourceSpans.message(2) { scopeSpans in
                scopeSpans.message(1) { resource.writeScope(to: &$0) }
                for span in spans { scopeSpans.message(2) { span.write(to: &$0) } }
            }
        }
        return request.octets
    }
}
