// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Access
import Journal

/// A request over the API, as records tell of it.
final class APICall: RecordedCall {
    private let context: RequestContext
    private let principal: Principal

    init(_ context: RequestContext, _ principal: Principal) {
        self.context = context
        self.principal = principal
    }

    func fact(withParameters: Bool) -> Fact.Call {
        let call = context.call
        return Fact.Call(
            request: context.requestID, source: "\(call.service).amazonaws.com", name: call.name,
            identity: principal.recordIdentity(accessKeyID: context.accessKeyID),
            userName: principal.recordUserName, accessKeyID: context.accessKeyID, agent: context.userAgent,
            tls: context.tlsVersion, host: call.host, vpcEndpoint: context.vpcEndpoint,
            parameters: withParameters ? RequestParameters.text(call.input) : nil)
    }

    var traceparent: String? { context.traceparent }

    func isOnRecord(asRefusal: Bool) { context.call.isOnRecord(as: asRefusal ? .refusal : .act) }
}
