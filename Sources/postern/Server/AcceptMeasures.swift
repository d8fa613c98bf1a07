// SPDX-License-Identifier: Apache-2.0

import API
import Mail
import Measures
import Sending
import Shipping

/// What is counted of messages that are admitted.
struct AcceptMeasures: Sendable {
    private let sends = Tally(["account"])
    private let recipients = Tally(["account"])
    private let durations = Histogram()

    /// Nil where nobody asks for them.
    let times: AcceptTimes?
    private let now: Now

    /// - Parameter account: its counter is there from the beginning: the first of anything is seen only then.
    init(account: AccountID, times: AcceptTimes?, now: @escaping Now) {
        self.times = times
        self.now = now
        for tally in [sends, recipients] { tally.add(0, account.description) }
    }

    func observe(_ admission: Admission) {
        let account = admission.account.description
        sends.add(1, account)
        recipients.add(admission.recipients, account)
        durations.observe(admission.seconds)
        times?.note(admission.message, .init(end: now(), seconds: admission.seconds))
    }

    var samples: [MetricsServer.Metric] {
        [
            .init("postern_account_sends_total", "Messages accepted, by account.", sends),
            .init(
                "postern_account_recipients_total",
                "Recipients of accepted messages, by account; without the mailbox simulator's and those on suppression lists.",
                recipients),
            .init(
                "postern_accept_seconds",
                "From the moment a message is here whole until it is on stable storage and can be answered.", durations),
        ]
    }
}
