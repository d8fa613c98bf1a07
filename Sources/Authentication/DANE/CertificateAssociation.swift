// SPDX-License-Identifier: Apache-2.0

/// What a TLSA record says of a server's certificate (RFC 6698 §2.1, RFC 7671).
package struct CertificateAssociation: Hashable, Sendable {
    /// Certificate usages that count for SMTP; PKIX-TA (0) and PKIX-EE (1) do not (RFC 7672 §3.1.3).
    package enum Usage: UInt8, Hashable, Sendable {
        /// DANE-TA: an issuer in the chain that the server sends.
        case trustAnchor = 2
        /// DANE-EE: the server's own certificate, whatever its names and dates say (RFC 7671 §5.1).
        case endEntity = 3
    }

    package enum Selector: UInt8, Hashable, Sendable {
        case certificate = 0
        case publicKey = 1
    }

    package enum Matching: UInt8, Hashable, Sendable {
        case exact = 0
        case sha256 = 1
        case sha512 = 2
    }

    package let usage: Usage
    package let selector: Selector
    package let matching: Matching
    package let data: [UInt8]

    /// Nil when the record is unusable for SMTP: another usage, selector or matching type, or data of the wrong length.
    package init?(usage: UInt8, selector: UInt8, matching: UInt8, data: [UInt8]) {
        guard let usage = Usage(rawValue: usage), let selector = Selector(rawValue: selector),
            let matching = Matching(rawValue: matching)
        else { return nil }
        let isWhole =
            switch matching {
            case .exact: !data.isEmpty
            case .sha256: data.count == 32
            case .sha512: data.count == 64
            }
        guard isWhole else { return nil }
        self.usage = usage
        self.selector = selector
        self.matching = matching
        self.data = data
    }
}
