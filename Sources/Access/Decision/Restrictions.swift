// SPDX-License-Identifier: Apache-2.0

import Mail
package import PolicyLanguage

/// Whether anybody limits whom a caller may send as or to.
package struct Restrictions: OptionSet, Hashable, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let senders = Restrictions(rawValue: 1)
    package static let recipients = Restrictions(rawValue: 2)

    init(of policies: [NamedPolicy]) {
        self = []
        for condition in policies.flatMap(\.policy.statements).flatMap(\.conditions) {
            switch condition.key.lowercased() {
            case "ses:recipients": insert(.recipients)
            case "ses:fromaddress", "ses:fromdisplayname", "ses:feedbackaddress": insert(.senders)
            default: continue
            }
        }
    }
}

extension AccessControl {
    /// What policies or guardrails limit for this caller, so that addresses must be beyond doubt.
    package func restrictions(on caller: Caller, _ resources: [AccessRequest.Resource]) -> Restrictions {
        var found = library.restrictions(on: caller.principal, in: directory.state, organization: managementAccount)
        for resource in resources { found.formUnion(Restrictions(of: resource.policies)) }
        if !guardrails.senderDomains.isEmpty { found.insert(.senders) }
        if !guardrails.recipientDomains.isEmpty || guardrails.recipientDomainsByAccount[caller.account] != nil {
            found.insert(.recipients)
        }
        return found
    }

    /// A policy by its text, parsed once. What cannot be read denies everything.
    package func named(_ name: String, _ text: String, as kind: Policy.Kind) -> NamedPolicy {
        library.named(name, text, kind)
    }
}
