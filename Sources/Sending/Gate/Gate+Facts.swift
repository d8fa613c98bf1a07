// SPDX-License-Identifier: Apache-2.0

import Access
import Journal
import Mail
import Queue

/// What the gate leaves in the journal.
extension Gate {
    func accepted(
        _ message: InspectedMessage, _ submission: Submission, _ senders: Senders, _ spooled: SpooledMessage
    ) -> Fact {
        let caller = submission.caller
        let event = Fact.Accepted(
            door: caller.door.rawValue, principal: caller.principal.arn, reversePath: message.reversePath.description,
            from: message.from.description, recipients: message.recipients.map(\.description),
            identity: senders.identityARN,
            size: spooled.content.size, sourceAddress: caller.sourceAddress,
            configurationSet: senders.configurationSet?.name, tags: message.tags, call: caller.recordedSend(),
            trace: caller.call?.traceparent.flatMap(TraceParent.init)?.description)
        return Fact(at: spooled.acceptedAt, account: caller.account, message: spooled.id, event: .accepted(event))
    }

    /// What SES makes of recipients on the suppression list: a bounce without a try.
    func bounced(_ recipients: [Mailbox], _ spooled: SpooledMessage) -> Fact {
        let verdict = Fact.Verdict(
            type: "Permanent", subType: "OnAccountSuppressionList", party: "recipient", delay: "",
            rule: "suppression-list")
        let event = Fact.Outcome(
            recipients: recipients.map(\.description), attempt: 0, peer: "",
            reply: "550 5.1.1 not sent: the address is on the suppression list of account \(spooled.account)",
            tls: nil, milliseconds: 0, verdict: verdict)
        return Fact(at: spooled.acceptedAt, account: spooled.account, message: spooled.id, event: .bounced(event))
    }

    func fact(of refusal: SendRefusal, for caller: Caller) -> Fact {
        let event = Fact.Refused(
            door: caller.door.rawValue, principal: caller.principal.arn, control: refusal.control,
            reason: refusal.reason, sourceAddress: caller.sourceAddress, call: caller.recordedRefusal())
        return Fact(at: now(), account: caller.account, message: nil, event: .refused(event))
    }
}
