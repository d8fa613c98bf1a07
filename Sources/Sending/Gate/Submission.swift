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
    /// Whose identities are meant, where they are another account's.
    package let authorities: SendingAuthorities
    /// `1` for SES v1's operations; everything else counts as version 2.
    package let apiVersion: String
    /// Templates that must be allowed too.
    package let resources: [AccessRequest.Resource]

    package init(
        caller: Caller, action: SendAction, reversePath: ReversePath?, recipients: [Mailbox], content: DraftContent,
        bodyIs8Bit: Bool? = nil, configurationSet: String? = nil, tags: [String: String] = [:],
        authorities: SendingAuthorities = SendingAuthorities(), apiVersion: String = "2",
        resources: [AccessRequest.Resource] = []
    ) {
        self.caller = caller
        self.action = action
        self.reversePath = reversePath
        self.recipients = recipients
        self.content = content
        self.bodyIs8Bit = bodyIs8Bit
        self.configurationSet = configurationSet
        self.tags = tags
        self.authorities = authorities
        self.apiVersion = apiVersion
        self.resources = resources
    }
}

/// ARNs of identities that another account lets the caller send with ("Sending authorization", SES developer guide).
package struct SendingAuthorities: Hashable, Sendable {
    /// For the envelope sender: `SourceArn`.
    package var source: String?
    /// For From: `FromArn`, `FromEmailAddressIdentityArn`.
    package var from: String?
    /// For Return-Path: `ReturnPathArn`, `FeedbackForwardingEmailAddressIdentityArn`.
    package var returnPath: String?

    package init(source: String? = nil, from: String? = nil, returnPath: String? = nil) {
        self.source = source
        self.from = from
        self.returnPath = returnPath
    }
}

/// What IAM calls it: SMTP and every raw message are `ses:SendRawEmail`, whatever the operation's name.
package enum SendAction: String, Sendable {
    case sendEmail = "ses:SendEmail"
    case sendRawEmail = "ses:SendRawEmail"
    case sendTemplatedEmail = "ses:SendTemplatedEmail"
    case sendBulkTemplatedEmail = "ses:SendBulkTemplatedEmail"
    case sendBulkEmail = "ses:SendBulkEmail"
    case sendCustomVerificationEmail = "ses:SendCustomVerificationEmail"
}
