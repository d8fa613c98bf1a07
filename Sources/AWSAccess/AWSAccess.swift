// SPDX-License-Identifier: Apache-2.0

package import AWSWire
package import Access
import Mail

/// Access as the source of AWS credentials.
package struct AccessCredentials: CredentialProvider {
    private let access: AccessControl

    package init(_ access: AccessControl) { self.access = access }

    package func credential(for accessKeyID: String, sessionToken: String?) async -> CredentialLookup {
        switch access.credential(for: accessKeyID, sessionToken: sessionToken) {
        case .found(let secret, let principal): .found(secret: secret.exposed, identity: principal)
        case .unknown: .unknown
        case .expired: .expired
        case .unavailable: .unavailable
        }
    }

    package func lock(on accessKeyID: String, from address: String) -> String? {
        access.lock(on: accessKeyID, from: address)?.description
    }

    package func signed(_ accessKeyID: String, from address: String, rightly: Bool) {
        access.signed(accessKeyID, from: address, rightly: rightly)
    }
}

extension Caller {
    /// Who an API request comes from.
    /// - Throws: when the credential provider was not ours, which is a mistake in building the server.
    package init(_ context: RequestContext) throws {
        guard let principal = context.identity as? Principal else { throw UnknownIdentity() }
        self.init(
            principal: principal, accessKeyID: context.accessKeyID, door: .api, sourceAddress: context.sourceAddress,
            tls: context.tlsVersion.map { TLSFacts(version: $0, cipher: "") }, agent: context.userAgent,
            vpcEndpoint: context.vpcEndpoint, call: APICall(context, principal))
    }
}

private struct UnknownIdentity: Error {}

extension AccessControl {
    /// Asks for one action on one resource.
    /// - Throws: `ServiceError` with this code, 403 and IAM's sentence.
    package func require(
        _ action: String, on resource: AccessRequest.Resource = .init("*"), with context: [String: [String]] = [:],
        as caller: Caller, code: String
    ) throws {
        let request = AccessRequest(caller: caller, action: action, resources: [resource], context: context)
        if case .denied(let denial) = authorize(request) { throw ServiceError(denial, code: code) }
    }
}

extension ServiceError {
    /// IAM's sentence, with what said no for the record.
    package init(_ denial: AccessDenial, code: String) {
        self.init(
            code, denial.plainMessage, status: 403, control: denial.control, because: denial.because)
    }
}
