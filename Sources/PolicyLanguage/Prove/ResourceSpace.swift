// SPDX-License-Identifier: Apache-2.0

/// What a proof takes for given.
struct ProofSetting {
    let principal: PolicyPrincipal
    let known: KnownKeys
    /// Whether Postern's own checks stand before the policies.
    let guarded: Bool
    let budget: ProofBudget
}

/// Where an identity lies: all of its ARN but the name.
struct ResourcePlace: Hashable {
    let partition: String
    let region: String
    let account: String

    func arn(_ kind: String, _ name: String) -> String { "arn:\(partition):ses:\(region):\(account):\(kind)/\(name)" }
}

/// Where identities can lie and what they can be called, so far as policies tell such things apart.
struct ResourceSpace {
    static let maximumPlaces = 256

    let places: [ResourcePlace]
    /// Of what policies say about names of identities, and of templates.
    let identities: [PatternTail]
    let templates: [PatternTail]

    /// - Parameters:
    ///   - patterns: without variables.
    ///   - listed: ARNs that policies stand on.
    ///   - regions: what conditions ask of `aws:RequestedRegion`.
    init(
        _ patterns: [ARNPattern], listed: [String], regions: [PatternTokens], in setting: ProofSetting
    ) throws(Obstacle) {
        let patterns = (patterns + listed.compactMap { ARNPattern($0, []) }).filter { pattern in
            !pattern.isEverything && pattern.components[2].matches("ses", in: PolicyContext())
        }
        func classes(
            _ index: Int, _ first: [String], _ more: [PatternTokens], _ shape: TextShape?
        ) throws(Obstacle) -> [String] {
            let tokens = patterns.map { PatternTokens($0.components[index].parts) } + more
            return try Self.classes(tokens.map { PatternTail($0) }.distinct, first, shape, setting)
        }
        let partitions = try classes(1, ["aws", "aws-cn", "aws-us-gov"], [], nil)
        let region = setting.known.context["aws:requestedregion"].first ?? "us-east-1"
        let accounts = try classes(4, [setting.principal.account], [], .account)
        var places: [ResourcePlace] = []
        for region in try classes(3, [region], regions, .region) {
            for account in accounts {
                places += partitions.map { ResourcePlace(partition: $0, region: region, account: account) }
            }
        }
        guard places.count <= Self.maximumPlaces else { throw .tooManyPatterns }
        self.places = places
        identities = patterns.compactMap { PatternTail($0.components[5].parts, behind: "identity/") }.distinct
        templates = patterns.compactMap { PatternTail($0.components[5].parts, behind: "template/") }.distinct
    }

    /// One text for every way in which a component's patterns part; of those alike, the first that is wished for.
    private static func classes(
        _ patterns: [PatternTail], _ first: [String], _ shape: TextShape?, _ setting: ProofSetting
    ) throws(Obstacle) -> [String] {
        let machines = PatternMachines(patterns, Alphabet(of: [], .any), setting.budget)
        var words = first.map { (text: $0, matches: machines.matching($0)) }
        if let shape {
            words += try Witnesses(patterns, shape: shape).words(setting.budget).map { ($0.text, $0.matches) }
        }
        var seen: Set<[Int]> = []
        return words.filter { seen.insert($0.matches).inserted }.map(\.text)
    }

    /// Names of identities that stand for all, where senders' addresses do not decide over them.
    func identityNames(_ setting: ProofSetting) throws(Obstacle) -> [Witnesses.Word] {
        let domains = try Witnesses(identities, shape: .domain(guarded: setting.guarded)).words(setting.budget)
        let addresses = try Witnesses(identities, shape: .address(guarded: setting.guarded)).words(setting.budget)
        var seen: Set<[Int]> = []
        return (domains + addresses).filter { seen.insert($0.matches).inserted }
    }

    func templateNames(_ setting: ProofSetting) throws(Obstacle) -> [String] {
        try Witnesses(templates, shape: .templateName).words(setting.budget).map(\.text)
    }
}
