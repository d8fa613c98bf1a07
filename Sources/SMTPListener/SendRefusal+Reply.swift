// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import Queue
import Sending

extension Reply {
    /// How SMTP says what became of a submission that failed (SES developer guide, "SMTP response codes").
    init(failure: any Error) {
        switch failure {
        case let refusal as SendRefusal: self.init(refusal)
        case SpoolFailure.noSpace: self.init(452, .init(4, 3, 1), "Insufficient system storage, try again later")
        default: self.init(451, .init(4, 3, 0), "Temporary service failure")
        }
    }

    private init(_ refusal: SendRefusal) {
        let reason = refusal.reason
        switch refusal {
        case .accessDenied(let denial) where denial.control == "credentials":
            self.init(421, .init(4, 7, 0), "Credentials are no longer valid: \(denial.because)")
        case .accessDenied, .guardrail, .unsafeAddress, .invalidAuthority:
            self.init(554, .init(5, 7, 1), "Access denied: \(reason)")
        case .identitiesNotVerified: self.init(554, .init(5, 7, 1), "Message rejected: \(reason)")
        case .missingFrom, .duplicateHeader, .invalidAddress, .severalFromAddresses, .malformedMessage, .noRecipients:
            self.init(554, .init(5, 6, 0), "Transaction failed: \(reason)")
        case .tooManyRecipients: self.init(554, .init(5, 5, 3), "Transaction failed: \(reason)")
        case .messageTooLarge: self.init(552, .init(5, 3, 4), "Message is too long.")
        case .mailLoop: self.init(554, .init(5, 4, 6), "Transaction failed: \(reason)")
        case .configurationSetMissing, .sendingPoolMissing:
            self.init(554, .init(5, 7, 1), "Transaction failed: \(reason)")
        case .mailFromNotVerified: self.init(554, .init(5, 7, 1), "Message rejected: \(reason)")
        // Whoever paused will go on: the client keeps the mail until then.
        case .accountPaused, .configurationSetPaused:
            self.init(454, .init(4, 7, 0), "Temporary service failure: \(reason)")
        case .recordsUnshipped: self.init(452, .init(4, 3, 1), reason)
        case .dailyQuotaExceeded, .sendingRateExceeded: self.init(454, .init(4, 7, 0), "Throttling failure: \(reason)")
        }
    }
}
