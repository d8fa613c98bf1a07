// SPDX-License-Identifier: Apache-2.0

import Mail

/// What policies are asked about a message: the same question once more for each sender, and for each way of writing
/// that a policy may have been made for.
struct SendConditions {
    let keys: [String: [String]]
    /// Whether only an explicit deny counts (see `AccessRequest`).
    let countsOnlyExplicit: Bool
}

extension InspectedMessage {
    /// SES's condition keys for the message as sent by one of its senders. Every one of them must be allowed.
    ///
    /// The first has addresses in canonical form. Where a domain was written otherwise, the second has them as written:
    /// an allow-list knows one form, a deny-list must not miss the other. Where compatibility forms stand in the display
    /// name, it is asked about as it looks, too. Where a local part holds capitals, which most hosts do not tell apart,
    /// whatever denies the small ones denies.
    func conditions(sentBy sender: Mailbox, apiVersion: String) -> [SendConditions] {
        let name = authors.first { $0.mailbox == sender && $0.name != nil }?.name ?? fromDisplayName
        func asked(_ name: String?, explicit: Bool = false, _ write: (Mailbox) -> String) -> SendConditions {
            SendConditions(
                keys: [
                    "ses:FromAddress": [write(sender)], "ses:FromDisplayName": [name].compactMap(\.self),
                    "ses:FeedbackAddress": [write(reversePath)], "ses:Recipients": recipients.map(write),
                    "ses:ApiVersion": [apiVersion],
                ], countsOnlyExplicit: explicit)
        }
        var all = [asked(name, \.description)]
        let mailboxes = [sender, reversePath] + recipients
        if mailboxes.contains(where: { $0.writtenDomain != nil }) { all.append(asked(name, \.spelling)) }
        if let name, let plain = DisplayName.compatibilityForm(of: name) { all.append(asked(plain, \.description)) }
        if mailboxes.contains(where: \.holdsCapitals) {
            all.append(asked(name, explicit: true) { $0.description.lowercased() })
        }
        return all
    }
}

extension Mailbox {
    fileprivate var holdsCapitals: Bool { localPart.utf8.contains { (65...90).contains($0) } }
}
