// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// The moments at which a delay is told of (SES: `DeliveryDelay`): five minutes, an hour and four hours after acceptance.
///
/// A deferral tells of one where its recipients will still be waiting at such a moment: that is, where the moment lies
/// between the time at which the try was due and the one at which the next is. These stretches follow each other without
/// a gap, so each moment is told of once, and a message that is only asked to come back in a minute is not told of.
enum DelayNotice {
    /// Seconds after acceptance.
    static let moments = [300.0, 3_600, 14_400]

    static func isDue(_ delivery: PendingDelivery, nextDue: Timestamp) -> Bool {
        moments.contains { delay in
            let moment = delivery.acceptedAt + delay
            return delivery.dueAt < moment && moment <= nextDue
        }
    }
}
