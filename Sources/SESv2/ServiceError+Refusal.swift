// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Mail
import Queue
import Sending

extension ServiceError {
    /// How SES v2 says what became of a send that failed.
    init(failure: any Error) {
        switch failure {
        case let error as ServiceError: self = error
        case let refusal as SendRefusal: self.init(refusal)
        case SpoolFailure.noSpace:
            self.init("InternalServiceErrorException", "Insufficient storage, try again later.", status: 500)
        default: self.init("InternalServiceErrorException", "Internal failure, try again.", status: 500)
        }
    }

    private init(_ refusal: SendRefusal) {
        let reason = refusal.reason
        switch refusal {
        case .accessDenied, .guardrail, .unsafeAddress: self.init("AccessDeniedException", reason, status: 403)
        case .identitiesNotVerified, .mailLoop: self.init("MessageRejected", reason)
        case .missingFrom, .duplicateHeader, .invalidAddress, .severalFromAddresses, .malformedMessage, .noRecipients,
            .tooManyRecipients, .messageTooLarge, .invalidAuthority:
            self.init("BadRequestException", reason)
        case .configurationSetMissing: self.init("NotFoundException", reason, status: 404)
        case .sendingPoolMissing: self.init("BadRequestException", reason)
        case .accountPaused, .configurationSetPaused: self.init("SendingPausedException", reason)
        case .mailFromNotVerified: self.init("MailFromDomainNotVerifiedException", reason)
        case .recordsUnshipped: self.init("ServiceUnavailableException", reason, status: 503)
        case .dailyQuotaExceeded, .sendingRateExceeded: self.init("TooManyRequestsException", reason, status: 429)
        }
    }

    /// An identity's name that is none.
    static func badIdentity(_ text: String, _ error: SyntaxError) -> ServiceError {
        ServiceError("BadRequestException", "Invalid email identity <\(text.prefix(320))>: \(error).")
    }
}
