// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Mail
package import PolicyLanguage

/// Who somebody is and whether they may: the only room that knows secrets of callers, and the only one that decides.
package struct AccessControl: Sendable {
    package let region: String
    package let managementAccount: AccountID
    package let guardrails: Guardrails
    package let directory: AccessDirectory
    package let sealer: SecretSealer
    let root: AccessKey
    let library = PolicyLibrary()
    let secrets = OpenedSecrets()
    let failures = FailedLogins()
    package let damper = SignInDamper()

    package init(
        region: String, root: AccessKey, directory: AccessDirectory, sealer: SecretSealer,
        guardrails: Guardrails = Guardrails()
    ) {
        self.region = region
        managementAccount = directory.managementAccount
        self.root = root
        self.directory = directory
        self.sealer = sealer
        self.guardrails = guardrails
    }

    /// The root user of the management account, as whom a trusted listener may be set up.
    package var rootPrincipal: Principal { Principal(account: managementAccount, kind: .root) }

    /// The one question everybody asks before anything is done: first the operator's limits, then the policies.
    package func authorize(_ request: AccessRequest) -> AccessDecision {
        let state = directory.state
        let caller = request.caller
        func denied(_ resource: String, _ why: String) -> AccessDecision {
            .denied(
                AccessDenial(
                    principal: caller.principal.arn, action: request.action, resource: resource, because: why))
        }
        guard let first = request.resources.first else { return denied("*", "nothing was asked for") }
        if let denial = limit(on: caller, request.action, first.arn) { return .denied(denial) }
        let held = library.held(caller.principal, state, managementAccount)
        guard var policies = held.policies else {
            return denied(first.arn, "the principal does not exist any more")
        }
        var context = self.context(of: caller, state)
        context.merge(PolicyContext(request.context))
        let principal = caller.principal.inPolicies
        for resource in request.resources {
            let asked = PolicyRequest(
                principal: principal, action: request.action, resource: resource.arn,
                resourceAccount: (resource.owner ?? Self.owner(of: resource.arn) ?? caller.account).description,
                context: resource.circumstances(in: context))
            var narrowed = held.policies(for: request.action, on: resource.arn)
            narrowed?.resource = resource.policies
            switch narrowed?.verdict(on: asked) {
            case .allowed: continue
            case .implicitlyDenied where request.countsOnlyExplicit: continue
            default: break
            }
            policies.resource = resource.policies
            let why = policies.decide(asked).explanation(of: asked)
            return denied(resource.arn, String(why.drop { $0 != " " }.dropFirst()))
        }
        return .allowed
    }

    private static func owner(of arn: String) -> AccountID? {
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return fields.count == 6 ? AccountID(String(fields[4])) : nil
    }
}

extension Principal {
    /// As policies name it.
    package var inPolicies: PolicyPrincipal {
        let kind: PolicyPrincipal.Kind =
            switch kind {
            case .root: .root
            case .user: .user
            case .role: .roleSession
            }
        return PolicyPrincipal(account: account.description, kind: kind, arn: arn, role: roleARN)
    }
}

/// A long-term access key.
package struct AccessKey: Hashable, Sendable {
    package let id: String
    package let secret: SecretBytes

    package init(id: String, secret: SecretBytes) {
        self.id = id
        self.secret = secret
    }
}

func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    // Comparing keyed digests takes the same time whatever the lengths and contents.
    let key = SymmetricKey(size: .bits256)
    return HMAC<SHA256>.isValidAuthenticationCode(
        Array(HMAC<SHA256>.authenticationCode(for: left, using: key)), authenticating: right, using: key)
}
