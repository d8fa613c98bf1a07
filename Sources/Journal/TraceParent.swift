// SPDX-License-Identifier: Apache-2.0

/// Where in somebody's trace a request stands: the header `traceparent` of W3C Trace Context, §3.2, version 00.
///
/// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`: version, trace, the caller's span, flags; lower hex alone.
package struct TraceParent: Hashable, Sendable, CustomStringConvertible {
    private static let length = 55

    /// 16 octets, not all zero.
    package let traceID: [UInt8]
    /// The caller's span: 8 octets, not all zero.
    package let parentID: [UInt8]
    /// Whether the caller keeps its own part of the trace.
    package let isSampled: Bool
    /// As it came.
    package let description: String

    /// Nil for whatever the standard does not let pass.
    package init?(_ text: String) {
        let octets = Array(text.utf8.prefix(Self.length + 1))
        guard octets.count == Self.length, octets[0] == UInt8(ascii: "0"), octets[1] == UInt8(ascii: "0"),
            [2, 35, 52].allSatisfy({ octets[$0] == UInt8(ascii: "-") }), let trace = Self.octets(octets[3..<35]),
            let parent = Self.octets(octets[36..<52]), let flags = Self.octets(octets[53..<55])?.first,
            trace.contains(where: { $0 != 0 }), parent.contains(where: { $0 != 0 })
        else { return nil }
        (traceID, parentID, isSampled, description) = (trace, parent, flags & 1 == 1, text)
    }

    private static func octets(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        var (octets, high): ([UInt8], UInt8?) = ([], nil)
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            if let first = high {
                octets.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return octets
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
