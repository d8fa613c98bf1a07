// SPDX-License-Identifier: Apache-2.0

/// One item of CBOR (RFC 8949) as far as Smithy's RPC v2 has use for it.
///
/// Keys of maps are text. Simple values are the truth values and null; undefined is read as null, as Smithy wants it.
package enum CBORValue: Hashable, Sendable {
    case unsigned(UInt64)
    /// -1 minus this.
    case negative(UInt64)
    case bytes([UInt8])
    case text(String)
    case array([CBORValue])
    case map([Member])
    indirect case tagged(UInt64, CBORValue)
    case boolean(Bool)
    case null
    /// Read from 16, 32 and 64 bits, written with 64.
    case double(Double)

    package struct Member: Hashable, Sendable {
        package let name: String
        package let value: CBORValue

        package init(_ name: String, _ value: CBORValue) {
            self.name = name
            self.value = value
        }
    }

    /// Exactly one item and nothing after it, at most 64 levels deep.
    package init(reading octets: [UInt8]) throws(CBORSyntaxError) {
        var reader = CBORReader(octets)
        self = try reader.document()
    }
}

/// Where octets stop being CBOR that we read, and why.
package struct CBORSyntaxError: Error, Hashable, Sendable {
    package let reason: String
    /// Octets before the place.
    package let offset: Int
}
