// SPDX-License-Identifier: Apache-2.0

import Mail

extension Shipper {
    /// How far behind it is, now and then; and what follows where that is too far.
    func measure() async throws {
        let now = clock.now()
        if let measured, now - measured < limits.measureInterval, now >= measured { return }
        let from = try await start()
        let newest = try await source.newest(after: from)
        measured = now
        board.update { $0.behindRecords = newest - from }
        try await keepBudget(from: from, newest: newest)
    }

    private func keepBudget(from: Int64, newest: Int64) async throws {
        guard let allowed = allowedRecords else { return }
        let behind = newest - from
        switch limits.budget.whenFull {
        case .refuseNewMail:
            // Some room first, or it would change with every batch.
            let isAccepting = behind < allowed && (state.isAccepting || behind < allowed - allowed / 10)
            guard isAccepting != state.isAccepting else { return }
            board.update { $0.isAccepting = isAccepting }
            tell(note(isAccepting ? .acceptsMail : .refusesMail, "\(behind) records wait, \(allowed) may"))
        case .dropOldestCopies:
            guard behind > allowed else { return }
            let last = newest - (allowed - allowed / 10)
            let note = note(.dropped(from: from + 1, to: last), "\(behind) records waited, \(allowed) may")
            try await record(note)
            tell(note)
            drop()
            try await pass(last)
            board.update {
                $0.dropped += last - from
                $0.behindRecords = newest - last
                $0.position = last
            }
        }
    }

    /// The budget in records; the smaller one of the two.
    private var allowedRecords: Int64? {
        let octets = limits.budget.octets.map { Int64(Double($0) / max(1, meanOctets)) }
        let records = limits.budget.records.map { Int64($0) }
        return [octets, records].compactMap(\.self).min().map { max(1, $0) }
    }
}
