// SPDX-License-Identifier: Apache-2.0

package import Access
package import Mail
package import Queue

/// One message that a caller asks to have sent, in the words of no protocol.
package struct Submission: Sendable {
    package let caller: Caller
    package let action: SendAction
    /// Nil where the caller named no sender outside the message: From stands in for it.
    package let reversePath: ReversePath?
    /// Empty where the message's own To, Cc and Bcc name the recipients (SES v1 SendRawEmail without Destinations).
    package let recipients: [Mailbox]
    package let content: DraftContent
    /// Whether any octet is above 127; nil when the door did not look.
    package let bodyIs8Bit: Bool?
    package let configurationSet: String?
    package let tags: [String: String]

    package init(
        caller: Caller, action: SendAction, reversePath: ReversePath?, recipients: [Mailbox], content: DraftContent,
        bodyIs8Bit: Bool? = nil, configurationSet: String? = nil, tags: [String: String] = [:]
    ) {
        self.caller = caller
        self.action = action
        self.reversePath = reversePath
        self.recipients = recipients
        self.content = content
        self.bodyIs8Bit = bodyIs8Bit
        self.configurationSet = configurationSet
        self.tags = tags
    }
}

/// What IAM calls it: SMTP and every raw message are `ses:SendRawEmail`, whatever the operation's name.
package enum SendAction: String, Sendable {
    case sendEmail = "ses:SendEmail"
    case sendRawEmail = "ses:SendRawEmail"
}
