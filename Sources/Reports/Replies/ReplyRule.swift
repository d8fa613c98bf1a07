// SPDX-License-Identifier: Apache-2.0

package import Mail

/// One line of experience: replies of this kind mean that.
///
/// All conditions that a rule has must hold; one without any holds for every reply.
package struct ReplyRule: Hashable, Sendable {
    /// Where the rule is written, for those who ask which one decided.
    package struct Origin: Hashable, Sendable, CustomStringConvertible {
        package let file: String
        /// From 1.
        package let line: Int

        package init(file: String, line: Int) {
            self.file = file
            self.line = line
        }

        package var description: String { "\(file):\(line)" }
    }

    package let name: String
    package let origin: Origin
    /// One of them; empty: any.
    package var codes: [CodePattern] = []
    package var statuses: [StatusPattern] = []
    /// Alternatives; of one of them all phrases must stand in the text. Empty: any text.
    package var texts: [[Phrase]] = []
    /// Host names of peers, or the ends of such; empty: any peer.
    package var peers: [Domain] = []
    package let bounce: BounceClass
    package let party: ReplyParty
    package let delayType: DelayType

    package init(name: String, origin: Origin, bounce: BounceClass, party: ReplyParty, delayType: DelayType? = nil) {
        self.name = name
        self.origin = origin
        self.bounce = bounce
        self.party = party
        self.delayType = delayType ?? DelayType(bounce, party)
    }

    func holds(for code: UInt16?, _ status: EnhancedStatusCode?, peer: Domain?) -> Bool {
        (codes.isEmpty || codes.contains { $0.matches(code) })
            && (statuses.isEmpty || statuses.contains { $0.matches(status) })
            && (peers.isEmpty || peers.contains { suffix in peer?.isWithin(suffix) ?? false })
    }

    /// What the rule says of a reply. "4yz" means "try again" whatever its words are (RFC 5321 §4.2.1), so any other
    /// verdict becomes a transient one there, unless the rule names such codes itself.
    func verdict(isTransient: Bool) -> ReplyVerdict {
        let softens = isTransient && bounce.type != .transient && !codes.contains(where: \.isTransient)
        return ReplyVerdict(
            bounce: softens ? .transient : bounce, party: party, delayType: delayType, rule: name)
    }
}
