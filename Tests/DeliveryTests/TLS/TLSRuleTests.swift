// SPDX-License-Identifier: Apache-2.0

import Authentication
import DNS
import Mail
import Queue
import Reports
import Testing

@testable import Delivery

@Suite("How a session must be protected")
struct TLSRuleTests {
    private static let host = "mx.rome.example"
    private static let association = CertificateAssociation(
        usage: 3, selector: 1, matching: 1, data: [UInt8](repeating: 7, count: 32))
    private static let records: DANEFinding = .records([association].compactMap(\.self), names: [host])
    private static let failure = TLSFailure(.dnssecInvalid, "lookup failed")

    private static func sts(_ mode: String, mx: String = "*.rome.example") -> MTASTSFinding {
        (try? MTASTSPolicy(parsing: Array(MTASTSPolicy.text(mode, mx: mx).utf8))).map { .policy($0) } ?? .none
    }

    private func decide(
        _ demand: DeliveryTerms.TLSDemand = .opportunistic, floor: TLSRequirement.Version? = nil,
        dane: DANEFinding = .none, sts: MTASTSFinding = .none, proven: Bool = false
    ) -> TLSDecision {
        TLSRule(
            host: Self.host, domain: .named("rome.example"), demand: demand, floor: floor, dane: dane, sts: sts,
            hasProvenExchangers: proven
        ).decision
    }

    private func requirement(_ decision: TLSDecision) throws -> TLSRequirement {
        guard case .session(var requirement) = decision.posture else {
            throw TLSFailure(.validationFailure, "\(decision.posture)")
        }
        // What reports are told is compared by itself.
        requirement.applied = .none
        return requirement
    }

    private static let dane = TLSRequirement.Mode.dane(
        associations: [association].compactMap(\.self), names: [host])
    private static let verified = TLSRequirement.Mode.verified(names: [host])

    @Test("where nobody asks for anything, TLS is taken as it comes")
    func opportunistic() throws {
        #expect(try requirement(decide()) == .opportunistic)
        #expect(try requirement(decide(proven: true)) == .opportunistic)
        #expect(try requirement(decide(sts: .failed(Self.failure))) == .opportunistic)
    }

    @Test("the recipient's domain is heard: DANE before MTA-STS (RFC 8461 §2)")
    func recipients() throws {
        #expect(try requirement(decide(dane: Self.records)) == .init(mode: Self.dane, policy: .dane))
        #expect(
            try requirement(decide(dane: Self.records, sts: Self.sts("enforce")))
                == .init(mode: Self.dane, policy: .dane))
        #expect(try requirement(decide(dane: .unusable)) == .init(mode: .encrypted, policy: .dane))
        #expect(try requirement(decide(sts: Self.sts("enforce"))) == .init(mode: Self.verified, policy: .enforce))
        #expect(
            try requirement(decide(dane: .unusable, sts: Self.sts("enforce")))
                == .init(mode: Self.verified, policy: .enforce))
        #expect(
            try requirement(decide(sts: Self.sts("testing")))
                == .init(mode: .opportunistic, policy: .testing, tested: [Self.host]))
    }

    @Test("a host that the enforced policy does not name is not used; in testing it is, and fails on paper")
    func mismatch() throws {
        let words = "mx.rome.example is no host of the MTA-STS policy of rome.example"
        #expect(
            decide(sts: Self.sts("enforce", mx: "mx.oslo.example")).posture
                == .forbidden(.init(.validationFailure, words), .enforce))
        #expect(
            try requirement(decide(sts: Self.sts("testing", mx: "mx.oslo.example")))
                == .init(mode: .opportunistic, policy: .testing, tested: []))
        // DANE has the last word where there is DANE.
        #expect(
            try requirement(decide(dane: Self.records, sts: Self.sts("enforce", mx: "mx.oslo.example"))).mode
                == Self.dane)
    }

    @Test("a host whose TLSA answer is missing or forged is not used now, whoever asks")
    func failedDANE() {
        for demand in [DeliveryTerms.TLSDemand.opportunistic, .encrypted, .requireTLS] {
            #expect(
                decide(demand, dane: .failed(Self.failure), sts: Self.sts("enforce")).posture
                    == .forbidden(Self.failure, .dane))
        }
    }

    @Test("a configuration set's REQUIRE is never clear, and loosens nothing")
    func require() throws {
        #expect(try requirement(decide(.encrypted)) == .init(mode: .encrypted, policy: .configurationSet))
        #expect(
            try requirement(decide(.encrypted, sts: Self.sts("testing")))
                == .init(mode: .encrypted, policy: .configurationSet, tested: [Self.host]))
        #expect(try requirement(decide(.encrypted, dane: Self.records)).mode == Self.dane)
        #expect(try requirement(decide(.encrypted, sts: Self.sts("enforce"))).mode == Self.verified)
    }

    @Test("the guardrail is a floor under everything")
    func floor() throws {
        #expect(
            try requirement(decide(floor: .tls13))
                == .init(mode: .encrypted, minimumVersion: .tls13, policy: .guardrail))
        #expect(
            try requirement(decide(.encrypted, floor: .tls12)) == .init(mode: .encrypted, policy: .configurationSet))
        #expect(
            try requirement(decide(floor: .tls13, dane: Self.records))
                == .init(mode: Self.dane, minimumVersion: .tls13, policy: .dane))
    }

    @Test("REQUIRETLS needs a proven exchanger, a proven certificate, and the peer's promise (RFC 8689 §4.2.1)")
    func requireTLS() throws {
        let words = "neither DNSSEC nor MTA-STS proves that mx.rome.example takes mail for rome.example"
        #expect(decide(.requireTLS).posture == .forbidden(.init(.validationFailure, words), .requireTLS))
        #expect(
            try requirement(decide(.requireTLS, proven: true))
                == .init(mode: Self.verified, policy: .requireTLS, needsREQUIRETLS: true))
        #expect(
            try requirement(decide(.requireTLS, sts: Self.sts("enforce")))
                == .init(mode: Self.verified, policy: .enforce, needsREQUIRETLS: true))
        #expect(
            try requirement(decide(.requireTLS, sts: Self.sts("testing")))
                == .init(mode: Self.verified, policy: .requireTLS, needsREQUIRETLS: true))
        #expect(
            try requirement(decide(.requireTLS, dane: Self.records, proven: true))
                == .init(mode: Self.dane, policy: .dane, needsREQUIRETLS: true))
        #expect(
            try requirement(decide(.requireTLS, dane: .unusable, proven: true))
                == .init(mode: Self.verified, policy: .requireTLS, needsREQUIRETLS: true))
    }

    @Test("reports hear of the policy that applied, and of one that could not be had")
    func applied() {
        #expect(decide().applied == .none)
        #expect(
            decide(dane: Self.records).applied
                == AppliedPolicy(kind: .tlsa, strings: ["3 1 1 " + String(repeating: "07", count: 32)]))
        let sts = AppliedPolicy(
            kind: .sts, strings: ["version: STSv1", "mode: enforce", "mx: *.rome.example", "max_age: 604800"],
            hosts: ["*.rome.example"])
        #expect(decide(sts: Self.sts("enforce")).applied == sts)
        #expect(decide(sts: .failed(Self.failure)).unavailable == Self.failure)
        #expect(decide(dane: Self.records, sts: .failed(Self.failure)).unavailable == nil)
    }

    @Test(
        "a fixed next hop is spoken to as it is configured, or better",
        arguments: [
            (.none, .opportunistic, nil, .init(mode: .none, policy: .relayNone)),
            (.none, .encrypted, nil, .init(mode: .encrypted, policy: .configurationSet)),
            (.none, .opportunistic, .tls13, .init(mode: .encrypted, minimumVersion: .tls13, policy: .guardrail)),
            (.opportunistic, .opportunistic, nil, .opportunistic),
            (.opportunistic, .encrypted, nil, .init(mode: .encrypted, policy: .configurationSet)),
            (.opportunistic, .requireTLS, nil, .init(mode: verified, policy: .requireTLS, needsREQUIRETLS: true)),
            (.require, .opportunistic, nil, .init(mode: verified, policy: .relayRequire)),
            (.require, .requireTLS, nil, .init(mode: verified, policy: .relayRequire, needsREQUIRETLS: true)),
        ] as [(Route.RelayTLS, DeliveryTerms.TLSDemand, TLSRequirement.Version?, TLSRequirement)])
    func relay(
        _ tls: Route.RelayTLS, _ demand: DeliveryTerms.TLSDemand, _ floor: TLSRequirement.Version?,
        _ expected: TLSRequirement
    ) {
        #expect(TLSRule.relay(Self.host, tls, demand: demand, floor: floor, dane: .none) == .session(expected))
    }

    @Test("a fixed next hop that the DNS vouches for is held to it, unless its name is verified anyway")
    func relayDANE() {
        #expect(
            TLSRule.relay(Self.host, .opportunistic, demand: .opportunistic, floor: nil, dane: Self.records)
                == .session(.init(mode: Self.dane, policy: .dane)))
        #expect(
            TLSRule.relay(Self.host, .require, demand: .opportunistic, floor: nil, dane: Self.records)
                == .session(.init(mode: Self.verified, policy: .relayRequire)))
    }
}
