// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What an inbound mail, or one recipient's part of it, turned out to be.
package enum ReportKind: String, CaseIterable, Sendable {
    /// A recipient's delivery failed elsewhere: a bounce was recorded.
    case bounce
    /// A recipient's delivery is late elsewhere: a delay was recorded.
    case delay
    /// Delivered, relayed, expanded: nothing follows.
    case delivery
    /// A complaint that names its recipient, or is about a message with only one.
    case complaint
    /// A complaint that names none of several recipients: recorded, and nobody is suppressed.
    case complaintOfNobody = "complaint-of-nobody"
    /// Feedback that is no complaint: `not-spam`, `auth-failure`.
    case feedback
    /// An answer of a machine: ignored.
    case autoReply = "auto-reply"
    /// Mail to postmaster or abuse: kept in the inbox.
    case postmaster
    /// The same was recorded before.
    case duplicate
    /// Nothing of the above, at an address for reports: dropped.
    case unreadable
}

/// Why a report was not believed.
package enum ReportRefusal: String, CaseIterable, Sendable {
    /// No token: it may be about any message, or none.
    case unsigned
    /// A token that was not made here.
    case forged
    /// A good token for a message that the journal does not know.
    case unknown
    /// A token that is older than reports count.
    case expired
    /// It speaks of somebody who was no recipient of that message.
    case recipient
    /// More parts, or more reports about one message, than anybody needs.
    case excess
    /// It could not be looked up or written down; the peer was told to try again.
    case failure
}

/// Counts since the start, for the metrics.
package final class ReportCounts: Sendable {
    private let counts = Mutex<(kinds: [ReportKind: Int], refusals: [ReportRefusal: Int])>(([:], [:]))

    package init() {}

    func add(_ kind: ReportKind) { counts.withLock { $0.kinds[kind, default: 0] += 1 } }
    func add(_ refusal: ReportRefusal) { counts.withLock { $0.refusals[refusal, default: 0] += 1 } }

    /// Every kind, also those that never came.
    package var kinds: [(ReportKind, Int)] {
        let known = counts.withLock { $0.kinds }
        return ReportKind.allCases.map { ($0, known[$0, default: 0]) }
    }

    package var refusals: [(ReportRefusal, Int)] {
        let known = counts.withLock { $0.refusals }
        return ReportRefusal.allCases.map { ($0, known[$0, default: 0]) }
    }
}
