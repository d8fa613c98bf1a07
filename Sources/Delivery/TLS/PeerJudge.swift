// SPDX-License-Identifier: Apache-2.0

package import Authentication
package import Mail
import Reports

/// Judges the certificates that a peer showed under a requirement.
package struct PeerJudge: Sendable {
    private let roots: TrustRoots
    private let now: Now

    /// - Parameter roots: the system's authorities and the operator's own.
    package init(roots: TrustRoots, now: @escaping Now) {
        self.roots = roots
        self.now = now
    }

    /// - Parameter chain: DER, the peer's own first; from a stranger.
    /// - Returns: the verdict that counts, and that of a policy in testing, nil for none.
    package func judge(
        _ chain: [[UInt8]], under requirement: TLSRequirement
    ) async -> (certificate: TLSVerdict, tested: TLSVerdict?) {
        guard let chain = PresentedChain(der: chain) else {
            let failure = TLSVerdict.failed(TLSFailure(.validationFailure, "the peer showed no usable certificates"))
            return (requirement.isJudged ? failure : .unverified, requirement.tested.map { _ in failure })
        }
        let tested: TLSVerdict? =
            if let names = requirement.tested { await webPKI(chain, names) } else { nil }
        return (await judge(chain, requirement.mode), tested)
    }

    private func judge(_ chain: PresentedChain, _ mode: TLSRequirement.Mode) async -> TLSVerdict {
        switch mode {
        case .none, .opportunistic, .encrypted: return .unverified
        case .verified(let names): return await webPKI(chain, names)
        case .dane(let associations, let names):
            switch await DANE.verify(chain, associations, names: names, at: now()) {
            case .matched: return .dane
            case .failed(let verdict): return .failed(Self.failure(verdict))
            }
        }
    }

    private func webPKI(_ chain: PresentedChain, _ names: [String]) async -> TLSVerdict {
        guard !names.isEmpty else {
            return .failed(TLSFailure(.validationFailure, "the host is no host of the MTA-STS policy"))
        }
        switch await chain.verify(roots, names: names, at: now()) {
        case .trusted: return .verified
        case let verdict: return .failed(Self.failure(verdict))
        }
    }

    private static func failure(_ verdict: ChainVerdict) -> TLSFailure {
        switch verdict {
        case .nameMismatch(let words): TLSFailure(.certificateHostMismatch, words)
        case .expired(let words): TLSFailure(.certificateExpired, words)
        case .untrusted(let words): TLSFailure(.certificateNotTrusted, words)
        case .unreadable(let words): TLSFailure(.validationFailure, words)
        case .trusted: TLSFailure(.validationFailure, "no fault was found")
        }
    }
}

extension TLSRequirement {
    /// Whether the session hangs on the peer's certificate.
    fileprivate var isJudged: Bool {
        switch mode {
        case .verified, .dane: true
        case .none, .opportunistic, .encrypted: false
        }
    }
}
