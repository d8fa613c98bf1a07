// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Who asks, by which door, from where and how well protected: all that a decision or a record may need to know.
package struct Caller: Sendable {
    package let principal: Principal
    /// Nil where no key was used: the trusted listener.
    package let accessKeyID: String?
    package let door: Door
    /// The peer's address without port.
    package let sourceAddress: String
    /// Nil for a connection in clear.
    package let tls: TLSFacts?
    /// User-Agent of an API call, HELO name of an SMTP session.
    package let agent: String
    /// The listener's `vpc-endpoint`, which becomes `aws:SourceVpce`.
    package let vpcEndpoint: String?
    /// The request itself, for the records of what comes of it; nil for what nobody asked for.
    package let call: (any RecordedCall)?

    package init(
        principal: Principal, accessKeyID: String?, door: Door, sourceAddress: String, tls: TLSFacts?, agent: String,
        vpcEndpoint: String? = nil, call: (any RecordedCall)? = nil
    ) {
        self.call = call
        self.principal = principal
        self.accessKeyID = accessKeyID
        self.door = door
        self.sourceAddress = sourceAddress
        self.tls = tls
        self.agent = agent
        self.vpcEndpoint = vpcEndpoint
    }

    package var account: AccountID { principal.account }
}

/// The way a caller came in.
package enum Door: String, Hashable, Sendable { case smtp, trusted, api, console }

/// What was negotiated: `TLSv1.3`, `TLS_AES_128_GCM_SHA256`.
package struct TLSFacts: Hashable, Sendable {
    package let version: String
    package let cipher: String

    package init(version: String, cipher: String) {
        self.version = version
        self.cipher = cipher
    }
}
