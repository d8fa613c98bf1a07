// SPDX-License-Identifier: Apache-2.0

package import Journal

extension SQLiteSpool {
    package func facts(
        of kinds: Set<Fact.Event.Kind>, after sequence: Int64, limit: Int
    ) async throws -> FactPage {
        try await engine.read { try Facts.of(kinds, after: sequence, limit: limit, $0) }
    }
}

extension SQLiteRecords {
    package func facts(
        of kinds: Set<Fact.Event.Kind>, after sequence: Int64, limit: Int
    ) async throws -> FactPage {
        try await engine.read { try Facts.of(kinds, after: sequence, limit: limit, $0) }
    }
}
