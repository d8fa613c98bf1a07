// SPDX-License-Identifier: Apache-2.0

package import Journal

/// A session of SMTP, as records tell of what is sent in it: made once, at AUTH or before the first mail of whoever needs
/// none, and the same for all its messages.
package final class SessionCall: RecordedCall {
    private let call: Fact.Call

    package init(
        session: String, principal: Principal, accessKeyID: String?, agent: String, tls: TLSFacts?, vpcEndpoint: String?
    ) {
        call = Fact.Call(
            request: session, source: "ses.amazonaws.com", name: "SendRawEmail",
            identity: principal.recordIdentity(accessKeyID: accessKeyID), userName: principal.recordUserName,
            accessKeyID: accessKeyID, agent: agent, tls: tls?.version, cipher: tls?.recordCipher,
            vpcEndpoint: vpcEndpoint)
    }

    package func fact(withParameters: Bool) -> Fact.Call { call }
    package func isOnRecord(asRefusal: Bool) {}
}

extension TLSFacts {
    /// Nil where it is not known.
    var recordCipher: String? { cipher.isEmpty ? nil : cipher }
}
