// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What must be known of copies: for the log, and those that lose a copy also for the journal.
package struct ShippingNote: Hashable, Sendable, CustomStringConvertible {
    package enum What: Hashable, Sendable {
        /// A record that the sink can never take: it is not copied there.
        case setAside(sequence: Int64)
        /// Records that are not copied, because the budget ended: the first and the last.
        case dropped(from: Int64, to: Int64)
        case failing
        case recovered
        /// The budget ended, or there is room again: new mail is refused, or accepted.
        case refusesMail
        case acceptsMail
    }

    package let sink: String
    package let source: String
    package let what: What
    package let reason: String

    static let controlPrefix = "sinks."
    /// The control that a fact about it names: `sinks.splunk`.
    package var control: String { Self.controlPrefix + sink }

    package var description: String {
        switch what {
        case .setAside(let sequence): "record \(sequence) of \(source) was set aside: \(reason)"
        case .dropped(let from, let to): "records \(from) to \(to) of \(source) were not copied: \(reason)"
        case .failing: "copies of \(source) do not arrive: \(reason)"
        case .recovered: "copies of \(source) arrive again"
        case .refusesMail: "new mail is refused: \(reason)"
        case .acceptsMail: "new mail is accepted again"
        }
    }
}

/// Who is told of copies.
package struct ShippingWitness: Sendable {
    /// Puts a loss into the journal. Until it has, nothing is lost.
    package let record: @Sendable (ShippingNote) async throws -> Void
    /// Says it in the log.
    package let tell: @Sendable (ShippingNote) -> Void

    package init(
        record: @escaping @Sendable (ShippingNote) async throws -> Void,
        tell: @escaping @Sendable (ShippingNote) -> Void
    ) {
        self.record = record
        self.tell = tell
    }
}

/// Time and chance, given from outside.
package struct ShippingClock: Sendable {
    package let now: Now
    /// - Throws: `CancellationError`.
    package let sleep: @Sendable (Double) async throws -> Void
    package let random: RandomBits

    package init(
        now: @escaping Now, sleep: @escaping @Sendable (Double) async throws -> Void, random: @escaping RandomBits
    ) {
        self.now = now
        self.sleep = sleep
        self.random = random
    }
}
