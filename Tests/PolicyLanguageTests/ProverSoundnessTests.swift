// SPDX-License-Identifier: Apache-2.0

import Foundation
import PolicyLanguage
import Testing

/// Random policies, and for each of them every request of a small world: none may break what was proved.
@Suite("No request of a small world breaks what is proved of random policies")
struct ProverSoundnessTests {
    @Test func nothingThatHoldsIsBroken() throws {
        let count = ProcessInfo.processInfo.environment["PROVER_CASES"].flatMap { Int($0) } ?? 300
        var outcomes: [String: Int] = [:]
        for seed in 0..<count {
            var world = SmallWorld(seed: UInt64(seed))
            let proving = world.proving()
            switch try proving.outcome() {
            case .holds:
                outcomes["holds", default: 0] += 1
                if let request = try world.violation(of: proving) {
                    Issue.record("seed \(seed): \(request)\n\(proving.documents.joined(separator: "\n"))")
                    return
                }
            case .broken: outcomes["broken", default: 0] += 1
            case .undecided(let why):
                outcomes["undecided", default: 0] += 1
                // Search and evaluator must be of one mind.
                #expect(!why.contains("should be"), "seed \(seed): \(why)")
            }
        }
        // A test that is always answered alike tests nothing.
        #expect(outcomes["holds", default: 0] * 10 > count, "\(outcomes)")
        #expect(outcomes["broken", default: 0] * 10 > count, "\(outcomes)")
        #expect(outcomes["undecided", default: 0] * 10 < count, "\(outcomes)")
    }
}

/// A few addresses, identities and circumstances, and policies written about them.
struct SmallWorld {
    private var random: Steps
    private let isGuarded: Bool
    /// Whether all policies on identities are known, as a server knows them.
    private let isServer: Bool
    private let property: SendProperty

    private static let addresses = [
        "ops@a.b", "OPS@a.b", "ops@x.a.b", "ops+n@a.b", "ceo@c.d", "o'c@a.b", "ops@ab", "x@evil.a.b",
    ]
    private static let oddAddresses = ["ops@A.b", "o%x@a.b", "\"o p\"@a.b"]
    private static let patterns = [
        "*@a.b", "*@*.b", "ops@*", "*a.b", "ops@a.b", "OPS@a.b", "*", "?ps@a.b", "o*@*", "ceo@c.d", "*@x.a.b", "ops+*",
    ]
    private static let names = ["a.b", "x.a.b", "ops@a.b", "c.d", "ab", "b"]
    private static let resources = [
        "*", "arn:aws:ses:*:*:identity/*", "arn:aws:ses:us-east-1:111122223333:identity/a.b",
        "arn:aws:ses:*:111122223333:identity/*.b", "arn:aws:ses:*:*:identity/ops@*", "arn:aws:ses:*:*:template/*",
        "arn:aws:ses:eu-*:*:identity/*", "arn:aws:ses:*:444455556666:identity/*",
    ]
    private static let addressKeys = ["ses:FromAddress", "ses:Recipients", "ses:FeedbackAddress"]
    private static let sourceAddresses = ["10.1.2.3", "10.200.0.1", "192.0.2.1", "2001:db8::1", "2001:db9::1"]

    init(seed: UInt64) {
        random = Steps(state: seed &* 0x9E37_79B9_7F4A_7C15)
        isGuarded = random.chance(0.7)
        isServer = random.chance(0.4)
        var property = SendProperty()
        switch Int.random(in: 0..<4, using: &random) {
        case 0: property.recipients = random.some(Self.patterns, 2)
        case 1: property.senders = random.some(Self.patterns, 2)
        case 2: property.sources = ["10.0.0.0/8", "2001:db8::/32"]
        default:
            property.requiresTLS = true
            if random.chance(0.5) { property.recipients = random.some(Self.patterns, 3) }
        }
        self.property = property
    }

    mutating func proving() -> Proving {
        var proving = Proving(guarded: isGuarded)
        proving.property = property
        proving.documents = (0..<random.pick([1, 1, 2])).map { _ in document() }
        guard isServer else { return proving }
        proving.known = KnownKeys(PolicyContext(["aws:RequestedRegion": ["us-east-1"]]))
        proving.resources = random.some(Self.names, 2).compactMap { name in
            let arn = "arn:aws:ses:us-east-1:\(random.pick(Self.accounts)):identity/\(name)"
            let policies = [try? named("on \(name)", document(on: arn), as: .resource)].compactMap(\.self)
            return policies.isEmpty ? nil : ResourcePolicies(arn: arn, policies: policies)
        }
        return proving
    }

    private static let accounts = ["111122223333", "111122223333", "444455556666"]

    private mutating func document(on arn: String) -> String {
        let principal = random.pick([app.arn, app.arn, "111122223333", "*", "arn:aws:iam::111122223333:user/other"])
        let conditions = random.chance(0.6) ? [condition()] : []
        return """
            {"Version":"2012-10-17","Statement":{"Effect":"\(random.chance(0.8) ? "Allow" : "Deny")",
            "Principal":{"AWS":"\(principal)"},"Action":"ses:Send*","Resource":"\(arn)",
            "Condition":{\(conditions.map { "\"\($0)\":\($1)" }.joined(separator: ","))}}}
            """
    }

    private mutating func document() -> String {
        let statements = (0..<random.pick([1, 2, 3])).map { _ in statement() }
        return #"{"Version":"2012-10-17","Statement":[\#(statements.joined(separator: ","))]}"#
    }

    private mutating func statement() -> String {
        let effect = random.chance(0.55) ? "Allow" : "Deny"
        let action = random.pick(["ses:SendEmail", "ses:Send*", "ses:SendTemplatedEmail", "ses:*"])
        let element = effect == "Deny" && random.chance(0.2) ? "NotResource" : "Resource"
        let resources = random.some(effect == "Allow" ? Self.resources : Self.resources + ["*", "*", "*"], 2)
        let conditions = (0..<random.pick(effect == "Allow" ? [0, 1, 1, 2] : [1, 1, 2])).map { _ in condition() }
        return """
            {"Effect":"\(effect)","Action":"\(action)","\(element)":\(json(resources)),
            "Condition":{\(Dictionary(conditions, uniquingKeysWith: { $1 }).map { "\"\($0)\":\($1)" }.joined(separator: ","))}}
            """
    }

    private mutating func condition() -> (String, String) {
        let quantifier = random.pick(["", "", "ForAllValues:", "ForAnyValue:"])
        let ifExists = random.chance(0.2) ? "IfExists" : ""
        switch Int.random(in: 0..<9, using: &random) {
        case 0...4:
            let name = random.pick([
                "StringLike", "StringNotLike", "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase",
            ])
            let key = random.pick(Self.addressKeys + ["ses:Recipients"])
            return (quantifier + name + ifExists, "{\"\(key)\":\(json(random.some(Self.patterns, 3)))}")
        case 5: return ("Null", "{\"\(random.pick(Self.addressKeys + ["my:n"]))\":\"\(random.chance(0.5))\"}")
        case 6: return ("Bool" + ifExists, "{\"aws:SecureTransport\":\"\(random.chance(0.5))\"}")
        case 7:
            let networks = random.some(["10.0.0.0/8", "10.128.0.0/9", "2001:db8::/32", "0.0.0.0/0"], 2)
            return (random.pick(["IpAddress", "NotIpAddress"]) + ifExists, "{\"aws:SourceIp\":\(json(networks))}")
        default:
            let name = random.pick(["NumericLessThan", "NumericNotEquals", "NumericGreaterThanEquals"])
            return (name + ifExists, "{\"my:n\":\"\(random.pick(["1", "1.5", "2"]))\"}")
        }
    }

    private func json(_ texts: [String]) -> String { "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]" }

    // MARK: Every request

    /// One that is allowed and breaks the property.
    mutating func violation(of proving: Proving) throws -> PolicyRequest? {
        var set = PolicySet(identity: try proving.documents.enumerated().map { try named("p\($0)", $1) })
        for _ in 0..<600 {
            let context = context()
            guard breaks(context) else { continue }
            let action = random.pick([
                "ses:SendEmail", "ses:SendRawEmail", "ses:SendTemplatedEmail", "ses:SendBulkEmail",
            ])
            let region = isServer ? "us-east-1" : random.pick(["us-east-1", "eu-west-1"])
            let account = random.pick(Self.accounts)
            func isAllowed(_ kind: String, _ name: String) -> Bool {
                let owner = isServer && kind == "identity" ? account : app.account
                let arn = "arn:aws:ses:\(region):\(isServer ? owner : account):\(kind)/\(name)"
                set.resource = proving.resources?.first { $0.arn == arn }?.policies ?? []
                return set.decide(request(action, on: arn, owner: owner, with: context)).isAllowed
            }
            let names = identities(covering: context["ses:FromAddress"]?.first)
            guard let name = names.first(where: { isAllowed("identity", $0) }) else { continue }
            if isGuarded {
                let others = identities(covering: context["ses:FeedbackAddress"]?.first)
                guard others.contains(where: { isAllowed("identity", $0) }) else { continue }
                guard action != "ses:SendTemplatedEmail" || isAllowed("template", "t") else { continue }
            }
            return request(action, on: "arn:aws:ses:\(region):\(account):identity/\(name)", with: context)
        }
        return nil
    }

    private mutating func context() -> [String: [String]] {
        let addresses = isGuarded ? Self.addresses : Self.addresses + Self.oddAddresses
        var context = [
            "ses:FromAddress": [random.pick(addresses)], "ses:FeedbackAddress": [random.pick(addresses)],
            "ses:Recipients": random.some(addresses, 2), "aws:SecureTransport": ["\(random.chance(0.5))"],
            "aws:SourceIp": [random.pick(Self.sourceAddresses)],
        ]
        if random.chance(0.6) { context["my:n"] = [random.pick(["0", "1", "1.2", "1.5", "1.7", "2", "3", "x"])] }
        if !isGuarded {
            for key in Self.addressKeys + ["aws:SourceIp"] where random.chance(0.2) { context[key] = nil }
        }
        return context
    }

    private func breaks(_ context: [String: [String]]) -> Bool {
        func matches(_ text: String, _ patterns: [String]) -> Bool {
            patterns.contains { Pattern($0, .wildcards).matches(text, in: PolicyContext(), ignoringCase: true) }
        }
        let recipients = context["ses:Recipients"] ?? []
        if let inside = property.recipients, recipients.isEmpty || !recipients.allSatisfy({ matches($0, inside) }) {
            return true
        }
        if let inside = property.senders, !(context["ses:FromAddress"] ?? []).contains(where: { matches($0, inside) }) {
            return true
        }
        if property.sources != nil {
            let source = context["aws:SourceIp"]?.first ?? ""
            if !["10.0.0.0/8", "2001:db8::/32"].contains(where: { AddressRange($0)?.contains(source) == true }) {
                return true
            }
        }
        return property.requiresTLS && context["aws:SecureTransport"] == ["false"]
    }

    /// Names that an identity of this sender's may have; any at all where nothing ties them.
    private func identities(covering address: String?) -> [String] {
        guard isGuarded else { return Self.names }
        guard let address, let at = address.firstIndex(of: "@") else { return [] }
        var names = [address]
        if let plus = address.firstIndex(of: "+") { names.append(String(address[..<plus]) + String(address[at...])) }
        var domain = address[address.index(after: at)...]
        while true {
            names.append(String(domain))
            guard let dot = domain.firstIndex(of: ".") else { return names }
            domain = domain[domain.index(after: dot)...]
        }
    }
}

/// Random numbers that are the same for the same seed (SplitMix64).
struct Steps: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }
    mutating func pick<Element>(_ all: [Element]) -> Element { all[Int.random(in: 0..<all.count, using: &self)] }

    /// One to so many, each once.
    mutating func some(_ all: [String], _ most: Int) -> [String] {
        Array(Set((0..<Int.random(in: 1...most, using: &self)).map { _ in pick(all) })).sorted()
    }
}
