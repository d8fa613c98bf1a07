// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Mail
import Queue
import Sending

extension ServiceError {
    /// How SES v1 says what became of a send that failed.
    init(failure: any Error) {
        switch failure {
        case let error as ServiceError: self = error
        case let refusal as SendRefusal: self.init(refusal)
        case SpoolFailure.noSpace:
            self.init("ServiceUnavailable", "Insufficient storage, try again later.", status: 503)
        default:
            self.init("InternalFailure", "The request processing has failed because of an unknown error.", status: 500)
        }
    }

    private init(_ refusal: SendRefusal) {
        let reason = refusal.reason
        switch refusal {
        case .accessDenied, .guardrail, .unsafeAddress: self.init("AccessDenied", reason, status: 403)
        case .identitiesNotVerified, .mailLoop: self.init("MessageRejected", reason)
        case .missingFrom, .duplicateHeader, .invalidAddress, .severalFromAddresses, .malformedMessage, .noRecipients,
            .tooManyRecipients, .messageTooLarge, .invalidAuthority:
            self.init("InvalidParameterValue", reason)
        case .sendingPoolMissing: self.init("InvalidParameterValue", reason)
        case .accountPaused: self.init("AccountSendingPausedException", reason)
        case .configurationSetPaused: self.init("ConfigurationSetSendingPausedException", reason)
        case .mailFromNotVerified: self.init("MailFromDomainNotVerifiedException", reason)
        case .configurationSetMissing: self.init("ConfigurationSetDoesNotExist", reason)
        case .recordsUnshipped: self.init("ServiceUnavailable", reason, status: 503)
        case .dailyQuotaExceeded, .sendingRateExceeded: self.init("Throttling", reason)
        }
    }
}
