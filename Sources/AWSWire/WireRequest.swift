// SPDX-License-Identifier: Apache-2.0

/// One HTTP request as it came, before anybody has read meaning into it.
package struct WireRequest: Sendable {
    package let method: String
    /// As sent: still percent-encoded.
    package let path: String
    /// As sent, without `?`.
    package let query: String
    /// Names in lower case, in the order sent.
    package let headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(method: String, path: String, query: String, headers: [(name: String, value: String)], body: [UInt8]) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    var traceparent: String? {
        let found = headers.filter { $0.name == "traceparent" }
        return found.count == 1 ? found.first?.value : nil
    }
}

/// How a request came.
package struct WireConnection: Sendable {
    /// The peer's, without port.
    package let sourceAddress: String
    /// `TLSv1.3`; nil in clear.
    package let tlsVersion: String?
    package let vpcEndpoint: String?

    package init(sourceAddress: String, tlsVersion: String?, vpcEndpoint: String? = nil) {
        self.sourceAddress = sourceAddress
        self.tlsVersion = tlsVersion
        self.vpcEndpoint = vpcEndpoint
    }
}

/// What an operation may know of its request beside its input.
package struct RequestContext: Sendable {
    /// Who the credential provider said this is.
    package let identity: any Sendable
    package let accessKeyID: String
    package let sourceAddress: String
    /// Nil in clear.
    package let tlsVersion: String?
    package let vpcEndpoint: String?
    package let userAgent: String
    package let requestID: String
    package let call: ServiceCall
    /// The header of W3C Trace Context as it came, whatever is in it; nil where there is none, or more than one.
    package let traceparent: String?

    package init(
        identity: any Sendable, accessKeyID: String, connection: WireConnection, userAgent: String, requestID: String,
        call: ServiceCall, traceparent: String? = nil
    ) {
        self.call = call
        self.traceparent = traceparent
        self.identity = identity
        self.accessKeyID = accessKeyID
        sourceAddress = connection.sourceAddress
        tlsVersion = connection.tlsVersion
        vpcEndpoint = connection.vpcEndpoint
        self.userAgent = userAgent
        self.requestID = requestID
    }
}

/// Percent-encoding as SigV4 wants it: only unreserved characters stay (RFC 3986 §2.3).
enum Percent {
    private static let hex = Array("0123456789ABCDEF".utf8)

    static func encode(_ text: some Collection<UInt8>, keeping extra: UInt8? = nil) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for byte in text {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.append(byte)
            default:
                if byte == extra {
                    result.append(byte)
                } else {
                    result += [37, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
                }
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    static func decode(_ text: some StringProtocol, plusIsSpace: Bool) -> [UInt8] {
        var result: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            if bytes[index] == 37, index + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                result.append(value)
                index += 3
                continue
            }
            result.append(plusIsSpace && bytes[index] == UInt8(ascii: "+") ? 32 : bytes[index])
            index += 1
        }
        return result
    }

    static let maximumPairs = 10_000

    /// `a=b&c=d` as decoded pairs.
    /// - Throws: `InputFault.malformed` for more than 10,000 of them, and for what is not UTF-8.
    static func pairs(_ text: some StringProtocol, plusIsSpace: Bool) throws -> [(name: String, value: String)] {
        let pieces = text.split(separator: "&", maxSplits: maximumPairs)
        guard pieces.count <= maximumPairs else { throw InputFault.malformed("More than \(maximumPairs) parameters.") }
        return try pieces.map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count > 1 ? try self.text(halves[1], plusIsSpace: plusIsSpace) : ""
            return (try self.text(halves[0], plusIsSpace: plusIsSpace), value)
        }
    }

    /// - Throws: `InputFault.malformed` for what is not UTF-8.
    static func text(_ encoded: some StringProtocol, plusIsSpace: Bool) throws -> String {
        guard let text = String(validating: decode(encoded, plusIsSpace: plusIsSpace), as: UTF8.self) else {
            throw InputFault.malformed("A parameter is not UTF-8.")
        }
        return text
    }
}
