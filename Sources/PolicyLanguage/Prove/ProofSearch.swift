// SPDX-License-Identifier: Apache-2.0

/// Goes through demands, actions and identities until a request is found that is allowed and breaks a demand.
struct ProofSearch {
    /// Actions that need a template besides the identity, always a stored one.
    private static let templated: Set<String> = ["ses:SendTemplatedEmail", "ses:SendBulkTemplatedEmail"]
    /// Actions for which SES itself supplies no addresses.
    private static let blind: Set<String> = ["ses:SendBulkEmail", "ses:SendCustomVerificationEmail"]

    let whole: PolicySet
    let material: ProofMaterial
    let setting: ProofSetting
    let keys: ProofKeys
    private let targets: [ProofTarget]
    private let templates: [String]
    private let ways: ProofWays

    init(
        _ policies: PolicySet, _ resources: [ResourcePolicies]?, _ property: SendProperty, in setting: ProofSetting
    ) throws(Obstacle) {
        whole = policies
        self.setting = setting
        material = try ProofMaterial(policies, resources, property, in: setting)
        let known = setting.known.context
        let patterns = material.statements.flatMap { $0.resources?.elements ?? [] }
        let regions = material.conditions.filter { $0.key.lowercased() == "aws:requestedregion" }
        let space = try ResourceSpace(
            patterns.compactMap { $0.resolved(in: known) }, listed: (material.resources ?? []).map(\.arn),
            regions: setting.known.settles("aws:requestedregion") ? [] : try Self.tokens(regions, known), in: setting)
        keys = try ProofKeys(material.conditions, space, in: setting)
        ways = ProofWays(material, keys, setting)
        targets = try ProofTarget.all(in: space, keys, material, setting)
        templates = setting.guarded ? try space.templateNames(setting) : []
    }

    private static func tokens(_ conditions: [Condition], _ known: PolicyContext) throws(Obstacle) -> [PatternTokens] {
        var tokens: [PatternTokens] = []
        for test in conditions.filter({ $0.operation.comparison != .null }).flatMap(\.patterns) {
            guard case .text(let pattern, let ignoresCase) = test else { throw .mixedOperators("aws:requestedregion") }
            if let parts = pattern.resolved(in: known) { tokens.append(.init(parts, ignoresCase: ignoresCase)) }
        }
        return tokens
    }

    func prove() throws(Obstacle) -> Proof {
        try requireCoverage()
        var doubt: String?
        for (demand, violations) in material.violations {
            for action in Prover.actions {
                for target in targets where doubt == nil || target.doubt == nil {
                    guard let request = try counterexample(action, target, violations) else { continue }
                    guard let reason = target.doubt else {
                        return .broken(demand: demand.rawValue, request: request.request, by: request.by)
                    }
                    doubt =
                        "\(action) on \(request.request.resource) would break \(demand.rawValue); but that is \(reason)"
                }
            }
        }
        return doubt.map { .undecided($0) } ?? .holds
    }

    /// No statement that allows sends may have been left out.
    private func requireCoverage() throws(Obstacle) {
        for statement in material.statements where statement.effect == .allow {
            guard let resources = statement.resources, !resources.isNegated,
                resources.elements.contains(where: isOfIdentities)
            else { continue }
            try setting.budget.spend(targets.count * resources.elements.count, orElse: .tooManyPatterns)
            let isTried = targets.contains { target in
                resources.holds { $0.matches(target.arn, in: setting.known.context) }
            }
            guard isTried else { throw .untried(statement.name) }
        }
    }

    private func isOfIdentities(_ pattern: ARNPattern) -> Bool {
        guard !pattern.isEverything else { return true }
        guard let resolved = pattern.resolved(in: setting.known.context),
            resolved.components[2].matches("ses", in: PolicyContext())
        else { return false }
        return PatternTail(resolved.components[5].parts, behind: "identity/") != nil
    }

    private struct Found {
        let request: PolicyRequest
        let by: StatementReference?
    }

    private func counterexample(
        _ action: String, _ target: ProofTarget, _ violations: [Condition]
    ) throws(Obstacle) -> Found? {
        var domains = keys.domains
        keys.limit("aws:requestedregion", to: target.place.region, &domains)
        var clauses = [Clause(violations.map { [keys.holds($0)] })]
        let isBlind = Self.blind.contains(action) && !setting.guarded
        if isBlind {
            // What the policy cannot see breaks the demand unseen.
            keys.hide(KeyValues.messageKeys, &domains)
            if violations.contains(where: { KeyValues.messageKeys.contains($0.key.lowercased()) }) { clauses = [] }
        } else if let senders = target.senders {
            keys.limit("ses:fromaddress", to: senders, &domains)
        }
        for principal in material.principals {
            guard try !ways.ways(to: action, target.part(principal)).isEmpty else { continue }
            for companions in companions(of: target, action) {
                var domains = domains
                if let feedback = companions.feedback { keys.limit("ses:feedbackaddress", to: feedback, &domains) }
                let parts = [target.part(principal)] + companions.parts.map { $0.by(principal) }
                guard let found = try solution(action, parts, clauses, domains) else { continue }
                return try verified(action, target, principal, companions, found, clauses.isEmpty ? [] : violations)
            }
        }
        return nil
    }

    /// A way to allow every part of the request at once.
    private func solution(
        _ action: String, _ parts: [ProofPart], _ clauses: [Clause], _ domains: [Domain]
    ) throws(Obstacle) -> [Domain]? {
        var ways = [clauses]
        for part in parts {
            let allowing = try self.ways.ways(to: action, part)
            ways = ways.flatMap { way in allowing.map { way + $0 } }
        }
        for way in ways {
            if let found = try Solver(budget: setting.budget).solve(way, domains) { return found }
        }
        return nil
    }

    // MARK: What a send needs besides its sender's identity

    /// The identity of the return path where policies ask for it, and a stored template.
    private func companions(of target: ProofTarget, _ action: String) -> [Companions] {
        var all = [Companions()]
        guard setting.guarded else { return all }
        if keys.values(of: "ses:feedbackaddress") != nil {
            // The sender's own first, which needs nothing more.
            let others = targets.filter { other in
                !other.isLike(target) && other.place.region == target.place.region
                    && (other.doubt == nil || target.doubt != nil)
            }
            all = [Companions(feedback: target.feedback)]
            all += others.map { Companions(feedback: $0.feedback, parts: [$0.part(setting.principal)]) }
        }
        guard Self.templated.contains(action) else { return all }
        let account = material.resources == nil ? target.place.account : setting.principal.account
        let place = ResourcePlace(partition: target.place.partition, region: target.place.region, account: account)
        return all.flatMap { companions in
            templates.map { name in
                let part = ProofPart(
                    arn: place.arn("template", name), owner: setting.principal.account, policies: [],
                    principal: setting.principal)
                return Companions(feedback: companions.feedback, parts: companions.parts + [part])
            }
        }
    }

    private func verified(
        _ action: String, _ target: ProofTarget, _ principal: PolicyPrincipal, _ companions: Companions,
        _ domains: [Domain], _ violations: [Condition]
    ) throws(Obstacle) -> Found {
        var context = setting.known.context
        context.merge(keys.context(domains))
        let main = target.part(principal, named: identity("ses:fromaddress", domains))
        if setting.guarded, context["ses:feedbackaddress"].isEmpty {
            context["ses:feedbackaddress"] = context["ses:fromaddress"]
        }
        var found: Found?
        for part in [main] + companions.parts.map({ $0.by(principal) }) {
            let request = part.request(action, context)
            var policies = whole
            policies.resource = part.policies
            guard case .allowed(let by) = policies.verdict(on: request) else {
                throw .contradiction("\(action) on \(part.arn) should be allowed and is not")
            }
            if found == nil { found = Found(request: request, by: by) }
        }
        guard violations.isEmpty || violations.contains(where: { $0.holds(in: context) }), let found else {
            throw .contradiction("\(action) on \(main.arn) should break the property and does not")
        }
        return found
    }

    private func identity(_ key: String, _ domains: [Domain]) -> String? {
        guard let values = keys.values(of: key), !values.identities.isEmpty,
            let word = keys.choice(of: key, in: domains)
        else { return nil }
        return values.identities[word].name
    }
}

/// Other things that must be allowed under the same circumstances.
private struct Companions {
    /// Words of the return path that go with them; nil for all.
    var feedback: WordSet?
    var parts: [ProofPart] = []
}
