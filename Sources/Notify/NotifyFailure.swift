// SPDX-License-Identifier: Apache-2.0

/// Why nothing was done about a topic or a subscription; each case is an error of SNS's.
package enum NotifyFailure: Error, Hashable, Sendable {
    /// What follows `Invalid parameter: `.
    case invalid(String)
    case topicNotFound
    case subscriptionNotFound
    case topicLimit
    case subscriptionLimit
    case filterPolicyLimit
    case tagLimit
    /// The token of a confirmation is none, was used, or is older than three days.
    case invalidToken
    /// The subscription may be ended by a signed request only.
    case signatureWanted
}
