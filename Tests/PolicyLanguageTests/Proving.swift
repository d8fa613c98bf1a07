// SPDX-License-Identifier: Apache-2.0

import PolicyLanguage
import Testing

/// A proof over identity policies of `app`, and what a test asks of its outcome.
struct Proving {
    var documents: [String]
    var property = SendProperty()
    var known = KnownKeys()
    var resources: [ResourcePolicies]?
    var principal = app
    var guarded = true
    var policies = PolicySet()

    init(
        _ documents: String..., recipients: [String]? = nil, senders: [String]? = nil, sources: [String]? = nil,
        tls: Bool = false, mfa: Bool = false, guarded: Bool = true
    ) {
        self.documents = documents
        property.recipients = recipients
        property.senders = senders
        property.sources = sources
        property.requiresTLS = tls
        property.requiresMFA = mfa
        self.guarded = guarded
    }

    func with(_ change: (inout Proving) -> Void) -> Proving {
        var changed = self
        change(&changed)
        return changed
    }

    private func policySet() throws -> PolicySet {
        var set = policies
        set.identity += try documents.enumerated().map { try named("p\($0)", $1) }
        return set
    }

    func outcome() throws -> Proof {
        Prover(try policySet(), principal: principal, known: known, resources: resources, guarded: guarded)
            .prove(property)
    }

    func holds() throws -> Bool { if case .holds = try outcome() { true } else { false } }

    /// Why it is undecided; nil when it is not.
    func doubt() throws -> String? { if case .undecided(let why) = try outcome() { why } else { nil } }

    /// The counter-example, which the evaluator itself must allow.
    func broken() throws -> PolicyRequest {
        guard case .broken(_, let request, _) = try outcome() else {
            Issue.record("\(try outcome())")
            throw NotBroken()
        }
        var set = try policySet()
        set.resource = resources?.first { $0.arn == request.resource }?.policies ?? []
        #expect(set.decide(request).isAllowed)
        return request
    }

    struct NotBroken: Error {}
}

/// A policy of one statement that allows and one that denies, each under its conditions.
func guardedPolicy(allow: String, deny: String, resource: String = "*") -> String {
    """
    {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendEmail","Resource":"\(resource)",
    "Condition":\(allow)},{"Effect":"Deny","Action":"ses:*","Resource":"*","Condition":\(deny)}]}
    """
}

/// A policy that allows sends on one resource.
func allowing(on resource: String, condition: String = "{}") -> String {
    """
    {"Version":"2012-10-17","Statement":{"Sid":"S","Effect":"Allow","Action":"ses:Send*","Resource":"\(resource)",
    "Condition":\(condition)}}
    """
}
