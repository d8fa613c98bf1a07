// SPDX-License-Identifier: Apache-2.0

import Mail

/// One database's outbox: facts in the order of their commits, numbered from 1 without gaps in one stream.
package protocol FactStream: Sendable {
    /// The stream's name; a reader keeps one position for each.
    var name: String { get }
    /// At most `limit` facts after `sequence`, oldest first.
    func facts(after sequence: Int64, limit: Int) async throws -> [RecordedFact]
    /// Those of some kinds among at most `limit` facts after `sequence`: for readers to whom most facts are nothing.
    func facts(of kinds: Set<Fact.Event.Kind>, after sequence: Int64, limit: Int) async throws -> FactPage
}

/// Where each reader stands in each stream. Durable.
package protocol CursorStore: Sendable {
    /// 0 for a reader that has read nothing.
    func position(of reader: String, in stream: String) async throws -> Int64
    func advance(_ reader: String, in stream: String, to sequence: Int64) async throws
}

/// A fact with its place in a stream.
package struct RecordedFact: Hashable, Sendable {
    package let sequence: Int64
    package let fact: Fact

    package init(sequence: Int64, fact: Fact) {
        self.sequence = sequence
        self.fact = fact
    }
}
