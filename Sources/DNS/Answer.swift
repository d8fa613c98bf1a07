// SPDX-License-Identifier: Apache-2.0

/// What the DNS said to one question, with how far it can be believed.
package struct Answer<Record: Sendable>: Sendable {
    package let records: [Record]
    package let status: Status
    package let security: Security
    /// Seconds the answer may be kept.
    package let timeToLive: Int
    /// Where aliases led: the name that the records belong to; nil where the question named it.
    package let canonicalName: String?

    package init(
        records: [Record], status: Status, security: Security, timeToLive: Int, canonicalName: String? = nil
    ) {
        self.canonicalName = canonicalName
        self.records = records
        self.status = status
        self.security = security
        self.timeToLive = timeToLive
    }

    package typealias Status = AnswerStatus
    package typealias Security = AnswerSecurity
}

package enum AnswerStatus: Hashable, Sendable {
    case found
    /// The name exists, records of this type do not (NODATA).
    case noData
    /// The name does not exist (NXDOMAIN).
    case noName
    /// No usable answer: SERVFAIL, time-out, or bogus under DNSSEC. Always temporary.
    case failed(reason: String)
}

/// DNSSEC's verdict (RFC 4035 §4.3).
package enum AnswerSecurity: Hashable, Sendable { case secure, insecure, bogus }

/// MX record (RFC 1035 §3.3.9). A null MX (RFC 7505) has the empty exchange.
package struct MXRecord: Hashable, Sendable {
    package let preference: UInt16
    /// Lower case, without trailing dot; empty for the root.
    package let exchange: String

    package init(preference: UInt16, exchange: String) {
        self.preference = preference
        self.exchange = exchange
    }
}

/// A host's address as text: `192.0.2.1` or `2001:db8::1`.
package struct AddressRecord: Hashable, Sendable {
    package let address: String
    package let isIPv6: Bool

    package init(address: String, isIPv6: Bool) {
        self.address = address
        self.isIPv6 = isIPv6
    }
}

/// TXT record, its character strings joined (RFC 1035 §3.3.14; RFC 6376 §3.6.2.2 joins without space).
package struct TXTRecord: Hashable, Sendable {
    package let text: String

    package init(text: String) { self.text = text }
}

/// TLSA record (RFC 6698 §2.1), as it stands on the wire.
package struct TLSARecord: Hashable, Sendable {
    package let usage: UInt8
    package let selector: UInt8
    package let matching: UInt8
    package let data: [UInt8]

    package init(usage: UInt8, selector: UInt8, matching: UInt8, data: [UInt8]) {
        self.usage = usage
        self.selector = selector
        self.matching = matching
        self.data = data
    }
}

/// Questions a mail server asks. Names are A-labels without trailing dot; CNAMEs are followed by the resolver.
/// Never throws: a failure is a status, because every caller must answer it.
package protocol DNSLookup: Sendable {
    func mx(_ name: String) async -> Answer<MXRecord>
    func addresses(_ name: String) async -> Answer<AddressRecord>
    func txt(_ name: String) async -> Answer<TXTRecord>
    /// - Parameter name: with port and protocol: `_25._tcp.mx.example.com`.
    func tlsa(_ name: String) async -> Answer<TLSARecord>
}
