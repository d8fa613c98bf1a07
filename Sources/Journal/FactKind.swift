// SPDX-License-Identifier: Apache-2.0

extension Fact.Event {
    /// What happened, without what of it: the name that an event is stored under.
    package enum Kind: String, Sendable, CaseIterable {
        case accepted, delivered, deferred, bounced, complained, refused, renderingFailed, warned, administered, called
        case signedIn, unreadable
    }

    package var kind: Kind {
        switch self {
        case .accepted: .accepted
        case .delivered: .delivered
        case .deferred: .deferred
        case .bounced: .bounced
        case .complained: .complained
        case .refused: .refused
        case .renderingFailed: .renderingFailed
        case .warned: .warned
        case .administered: .administered
        case .called: .called
        case .signedIn: .signedIn
        case .unreadable: .unreadable
        }
    }
}

/// Some of the next facts of a stream, and how far they were looked for.
package struct FactPage: Hashable, Sendable {
    package let facts: [RecordedFact]
    /// Where to read on: the last fact that was looked at, whether it is here or not.
    package let last: Int64
    /// Whether as many were looked at as might be, so that there may be more.
    package let isFull: Bool

    package init(facts: [RecordedFact], last: Int64, isFull: Bool) {
        self.facts = facts
        self.last = last
        self.isFull = isFull
    }
}

extension FactStream {
    package func facts(
        of kinds: Set<Fact.Event.Kind>, after sequence: Int64, limit: Int
    ) async throws -> FactPage {
        let page = try await facts(after: sequence, limit: limit)
        return FactPage(
            facts: page.filter { kinds.contains($0.fact.event.kind) }, last: page.last?.sequence ?? sequence,
            isFull: page.count == limit)
    }
}
