// SPDX-License-Identifier: Apache-2.0

package import AWSWire
package import Access
import Journal

/// Leaves a fact of each call that ended, where no fact of its own tells of it: reads, what was refused before anything was
/// tried, and what went wrong.
package struct TrailRecorder: CallRecorder {
    private let access: AccessControl

    package init(access: AccessControl) { self.access = access }

    package func ended(_ call: ServiceCall, _ context: RequestContext, _ error: ServiceError?) async throws {
        switch (call.record, error) {
        case (.act, nil), (.refusal, _): return
        default: break
        }
        let caller = try Caller(context)
        guard let recorded = caller.call else { return }
        let event = Fact.Called(
            call: recorded.fact(withParameters: true), principal: caller.principal.arn,
            sourceAddress: caller.sourceAddress, errorCode: error?.code, errorMessage: error?.message,
            control: error?.control, because: error?.because)
        try await access.directory.record(
            Fact(at: access.directory.now(), account: caller.account, message: nil, event: .called(event)))
    }

    package func turnedAway(
        _ request: WireRequest, by fault: SignatureFault, key: String?, over connection: WireConnection,
        requestID: String
    ) async {
        let claim = SignatureClaim(request, key: key)
        let shown = claim.accessKeyID.flatMap { access.shownKeyID($0) }
        let call = Fact.Call(
            request: requestID, source: claim.source, name: claim.operation,
            identity: Principal.unknownIdentity(accessKeyID: shown), userName: nil, accessKeyID: shown,
            agent: request.header("user-agent") ?? "", tls: connection.tlsVersion, host: request.header("host"),
            vpcEndpoint: connection.vpcEndpoint)
        let event = Fact.SignedIn(
            door: Door.api.rawValue, call: call, sourceAddress: connection.sourceAddress, failure: fault.failure)
        // Probes and browsers come without any signature, and often.
        let facts = access.damper.failed(
            event, in: claim.accessKeyID.map { access.accountNamed(by: $0) } ?? access.managementAccount,
            at: access.directory.now(), isCountedOnly: fault == .missing)
        do {
            try await access.record(facts)
        } catch {
            access.damper.giveBack(facts)
        }
    }
}

extension SignatureFault {
    /// In the words of records.
    fileprivate var failure: String {
        switch self {
        case .missing: "Missing"
        case .presigned: "Presigned"
        case .incomplete: "Incomplete"
        case .unknownKey: "UnknownKey"
        case .expiredToken: "ExpiredToken"
        case .unavailable: "Unavailable"
        case .locked: "Locked"
        case .mismatch: "SignatureDoesNotMatch"
        case .scope: "Scope"
        case .skew: "Skew"
        }
    }
}
