// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// The request behind what a caller does, as the records of its acts tell of it. One for each request, or for each session
/// of SMTP.
package protocol RecordedCall: AnyObject, Sendable {
    /// - Parameter withParameters: with what was asked, without secrets. For whatever changes something; the fact of a send
    ///   says it all by itself.
    func fact(withParameters: Bool) -> Fact.Call
    /// A store is given a fact with this call in it, of a change or a send, or of a refusal.
    func isOnRecord(asRefusal: Bool)
    /// The header `traceparent` as it came, whatever is in it; nil where there is none, or more than one.
    var traceparent: String? { get }
}

extension RecordedCall {
    package var traceparent: String? { nil }
}

extension Caller {
    /// The call for the fact of a change.
    package func recordedChange() -> Fact.Call? {
        call?.isOnRecord(asRefusal: false)
        return call?.fact(withParameters: true)
    }

    /// The call for the fact of a send.
    package func recordedSend() -> Fact.Call? {
        call?.isOnRecord(asRefusal: false)
        return call?.fact(withParameters: false)
    }

    /// The call for the fact of a no.
    package func recordedRefusal() -> Fact.Call? {
        call?.isOnRecord(asRefusal: true)
        return call?.fact(withParameters: false)
    }
}

extension Fact {
    /// A change somebody makes.
    /// - Parameters:
    ///   - operation: `CreateEmailIdentity`; with its prefix outside SES.
    ///   - resource: ARNs, with spaces between them, or what has none.
    ///   - account: whose fact it is, where it is not the caller's.
    package init(
        _ operation: String, on resource: String, by caller: Caller, because reason: String? = nil,
        at moment: Timestamp,
        account: AccountID? = nil
    ) {
        let event = Administered(
            operation: operation, principal: caller.principal.arn, resource: resource,
            sourceAddress: caller.sourceAddress, reason: reason, call: caller.recordedChange())
        self.init(at: moment, account: account ?? caller.account, message: nil, event: .administered(event))
    }
}
