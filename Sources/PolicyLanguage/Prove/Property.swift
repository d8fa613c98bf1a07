// SPDX-License-Identifier: Apache-2.0

/// What must hold of every send that policies allow.
package struct SendProperty: Sendable {
    /// Patterns of one demand, and octets of one pattern.
    package static let maximumPatterns = 64
    package static let maximumPatternLength = 512

    /// Patterns one of which every recipient must match, without regard to case; nil for no demand.
    package var recipients: [String]?
    /// The same for the sender.
    package var senders: [String]?
    package var requiresTLS = false
    package var requiresMFA = false
    /// Networks in one of which the caller must be; nil for no demand.
    package var sources: [String]?

    package init() {}

    enum Demand: String, CaseIterable {
        case recipients, senders
        case tls = "TLS"
        case mfa = "MFA"
        case sources
    }

    var demands: [Demand] {
        Demand.allCases.filter { demand in
            switch demand {
            case .recipients: recipients != nil
            case .senders: senders != nil
            case .tls: requiresTLS
            case .mfa: requiresMFA
            case .sources: sources != nil
            }
        }
    }

    package var demandsNothing: Bool { demands.isEmpty }

    /// - Throws: `PropertyFault` for a property that demands nothing, or something that nothing could decide.
    package func check() throws(PropertyFault) {
        guard !demandsNothing else { throw .demandsNothing }
        for (name, patterns) in [("recipients", recipients), ("senders", senders), ("sources", sources)] {
            guard let patterns else { continue }
            guard (1...Self.maximumPatterns).contains(patterns.count) else { throw .patternCount(name) }
            guard patterns.allSatisfy({ (1...Self.maximumPatternLength).contains($0.utf8.count) }) else {
                throw .patternLength(name)
            }
        }
        for source in sources ?? [] where AddressRange(source) == nil { throw .noNetwork(source) }
    }

    /// The conditions of which one is met by every request that breaks the demand.
    func violations(of demand: Demand) -> [Condition] {
        func condition(_ name: ConditionOperator.Comparison, _ key: String, _ values: [String]) -> Condition {
            Condition(ConditionOperator(name), key: key, values: values, version: .v2008)
        }
        switch demand {
        case .recipients:
            // Case is taken out of the comparison by asking with patterns that ignore it.
            return [
                Condition(outside: recipients ?? [], key: "ses:recipients", any: true),
                condition(.null, "ses:recipients", ["true"]),
            ]
        case .senders: return [Condition(outside: senders ?? [], key: "ses:fromaddress", any: false)]
        case .tls: return [condition(.bool, "aws:securetransport", ["false"])]
        case .mfa:
            return [
                condition(.bool, "aws:multifactorauthpresent", ["false"]),
                condition(.null, "aws:multifactorauthpresent", ["true"]),
            ]
        case .sources: return [condition(.notIPAddress, "aws:sourceip", sources ?? [])]
        }
    }
}

/// What makes a property none that could be proved.
package enum PropertyFault: Error, Hashable, Sendable, CustomStringConvertible {
    case demandsNothing
    case patternCount(String)
    case patternLength(String)
    case noNetwork(String)

    package var description: String {
        switch self {
        case .demandsNothing: "the property demands nothing of recipients, senders, sources, TLS or MFA"
        case .patternCount(let name): "\(name): give 1 to \(SendProperty.maximumPatterns) patterns"
        case .patternLength(let name): "\(name): a pattern has 1 to \(SendProperty.maximumPatternLength) bytes"
        case .noNetwork(let text): "sources: '\(text.prefix(100))' is no network"
        }
    }
}

/// What came of a proof.
package enum Proof: Sendable {
    /// No request that the policies allow breaks the property.
    case holds
    /// This one does, and is allowed.
    case broken(demand: String, request: PolicyRequest, by: StatementReference?)
    /// Why it could not be decided.
    case undecided(String)
}
