// SPDX-License-Identifier: Apache-2.0

import Mail

/// Who sends metrics and traces (`opentelemetry.proto.resource.v1.Resource`): the service `postern`, of a version, on a
/// host.
package struct OTLPResource: Hashable, Sendable {
    let version: String
    let host: String

    package init(version: String, host: String) {
        self.version = version
        self.host = host
    }

    func write(to message: inout Protobuf) {
        message.attribute(1, "service.name", .text("postern"))
        message.attribute(1, "service.version", .text(version))
        message.attribute(1, "host.name", .text(host))
    }

    func writeScope(to message: inout Protobuf) {
        message.text(1, "postern")
        message.text(2, version)
    }
}

/// What an attribute says (`opentelemetry.proto.common.v1.AnyValue`, as far as ours need it).
enum OTLPValue: Hashable, Sendable {
    case text(String)
    case integer(Int)
}

extension Protobuf {
    /// A `KeyValue`.
    mutating func attribute(_ field: UInt64, _ key: String, _ value: OTLPValue) {
        message(field) {
            $0.text(1, key)
            $0.message(2) { any in
                switch value {
                case .text(let text): any.text(1, text)
                case .integer(let number): any.varint(3, UInt64(bitPattern: Int64(number)))
                }
            }
        }
    }
}

extension Timestamp {
    /// Since 1970, as OpenTelemetry counts.
    var unixNanoseconds: UInt64 {
        UInt64(clamping: milliseconds).multipliedReportingOverflow(by: 1_000_000).partialValue
    }
}
