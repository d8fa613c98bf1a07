// SPDX-License-Identifier: Apache-2.0

/// Where a request by Smithy's RPC v2 CBOR goes: `/service/GraniteServiceVersion20100801/operation/PutMetricData`, after
/// whatever prefix.
struct RPCTarget {
    static let protocolName = "rpc-v2-cbor"

    /// Without the namespace before it.
    let service: String
    let operation: String

    /// Nil for a request of another protocol: its header says it, and its path is of that form.
    init?(_ request: WireRequest) {
        guard request.header("smithy-protocol") == Self.protocolName else { return nil }
        let slash = UInt8(ascii: "/")
        let segments = request.path.utf8.split(separator: slash, omittingEmptySubsequences: false).suffix(4).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard segments.count == 4, segments[0] == "service", segments[2] == "operation", !segments[3].isEmpty,
            let name = segments[1].utf8.split(separator: UInt8(ascii: ".")).last
        else { return nil }
        service = String(decoding: name, as: UTF8.self)
        operation = segments[3]
    }
}
