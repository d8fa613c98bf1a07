// SPDX-License-Identifier: Apache-2.0

/// Something that a send needs to be allowed on.
struct ProofPart {
    let arn: String
    /// Whose it is; the principal's own account where its owner is taken to agree.
    let owner: String
    /// What stands on it.
    let policies: [NamedPolicy]
    let principal: PolicyPrincipal

    func by(_ principal: PolicyPrincipal) -> ProofPart {
        ProofPart(arn: arn, owner: owner, policies: policies, principal: principal)
    }

    func request(_ action: String, _ context: PolicyContext) -> PolicyRequest {
        PolicyRequest(
            principal: principal, action: action, resource: arn, resourceAccount: owner, context: context)
    }
}

/// Identities that no policy tells apart, in one place.
struct ProofTarget {
    let place: ResourcePlace
    /// One of them.
    let name: String
    let nameMatches: [Int]
    /// Senders' addresses that they cover, and return paths; nil where the two are not tied.
    let senders: WordSet?
    let feedback: WordSet?
    private let owner: String
    private let policies: [NamedPolicy]
    /// Why it is not certain that the principal can send with one; nil for what is certain.
    let doubt: String?

    var arn: String { place.arn("identity", name) }

    func isLike(_ other: ProofTarget) -> Bool { place == other.place && nameMatches == other.nameMatches }

    func part(_ principal: PolicyPrincipal, named: String? = nil) -> ProofPart {
        ProofPart(
            arn: place.arn("identity", named ?? name), owner: owner, policies: policies, principal: principal)
    }

    /// Certain ones first.
    static func all(
        in space: ResourceSpace, _ keys: ProofKeys, _ material: ProofMaterial, _ setting: ProofSetting
    ) throws(Obstacle) -> [ProofTarget] {
        let senders = keys.values(of: "ses:fromaddress")?.identities ?? []
        let feedback = keys.values(of: "ses:feedbackaddress")?.identities ?? []
        let names = setting.guarded ? senders : try space.identityNames(setting)
        let listed = material.resources.map { all in
            Dictionary(all.map { (ExactText($0.arn), $0.policies) }, uniquingKeysWith: +)
        }
        var seen: Set<[Int]> = []
        var targets: [ProofTarget] = []
        for word in names {
            let matches = setting.guarded ? word.nameMatches : word.matches
            guard seen.insert(matches).inserted else { continue }
            func words(_ all: [Witnesses.Word]) -> WordSet? {
                all.isEmpty ? nil : WordSet(all.map { $0.nameMatches == matches })
            }
            let name = setting.guarded ? word.name : word.text
            for place in space.places {
                targets.append(
                    ProofTarget(place, name, matches, words(senders), words(feedback), listed, setting))
            }
            try setting.budget.spend(space.places.count * 16, orElse: .tooManyPatterns)
        }
        return targets.filter { $0.doubt == nil } + targets.filter { $0.doubt != nil }
    }

    private init(
        _ place: ResourcePlace, _ name: String, _ nameMatches: [Int], _ senders: WordSet?, _ feedback: WordSet?,
        _ resources: [ExactText: [NamedPolicy]]?, _ setting: ProofSetting
    ) {
        self.place = place
        self.name = name
        self.nameMatches = nameMatches
        self.senders = senders
        self.feedback = feedback
        let own = setting.principal.account
        let listed = resources?[ExactText(place.arn("identity", name))]
        policies = listed ?? []
        if listed != nil {
            (owner, doubt) = (place.account, nil)
        } else {
            owner = own
            doubt = resources == nil ? nil : Self.doubt(place, own, setting.known.context["aws:requestedregion"].first)
        }
    }

    private static func doubt(_ place: ResourcePlace, _ own: String, _ region: String?) -> String? {
        if place.partition != "aws" { return "of another partition" }
        if let region, place.region != region { return "of another region than this server's" }
        if place.account != own { return "of account \(place.account), which lets the principal in nowhere" }
        return nil
    }
}
