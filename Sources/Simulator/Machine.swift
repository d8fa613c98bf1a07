// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// What a simulation drives: the schedule, or in tests one with a fault put in, to see that the observer finds it.
protocol Machine {
    var wantsRead: Bool { get }
    var wakeAt: Timestamp? { get }
    /// Deliveries that were due and not known of.
    var forgotten: Int { get }

    mutating func offer(_ delivery: PendingDelivery, at now: Timestamp)
    mutating func next(at now: Timestamp) -> Assignment?
    mutating func finish(_ id: Int64, retryAt: Timestamp?, report: PathReport, at now: Timestamp)
    mutating func forget(_ ids: [Int64])
    mutating func questions(atMost count: Int, at now: Timestamp) -> [String]
    mutating func resolved(_ name: String, site: String, lifetime: Double, at now: Timestamp)
    mutating func beginReads(atMost count: Int) -> [LaneRead]
    mutating func endReads(_ results: [LaneRows], at now: Timestamp)
    mutating func audit(_ found: [LaneCount], at now: Timestamp)
    mutating func takeLearned() -> [KeptLesson]
}

extension Schedule: Machine {}
