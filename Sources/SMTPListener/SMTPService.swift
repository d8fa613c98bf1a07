// SPDX-License-Identifier: Apache-2.0

package import Access
package import Mail
package import Queue
package import Sending

/// What an SMTP session asks of the house.
package protocol SMTPService: Sendable {
    func authenticate(user: String, password: String, from address: String) async -> SMTPAuthentication
    /// Why credentials that were accepted are so no more; asked at every read, so it must cost next to nothing.
    func revocation(of accessKeyID: String, _ principal: Principal) -> String?
    func submit(_ submission: Submission) async throws -> MessageID
    func makeDraft() -> any Draft
}

/// The house itself.
package struct GateService: SMTPService {
    private let access: AccessControl
    private let gate: Gate
    private let drafts: any DraftFactory

    package init(access: AccessControl, gate: Gate, drafts: any DraftFactory) {
        self.access = access
        self.gate = gate
        self.drafts = drafts
    }

    package func authenticate(user: String, password: String, from address: String) async -> SMTPAuthentication {
        await access.authenticate(smtpUser: user, password: password, from: address)
    }

    package func revocation(of accessKeyID: String, _ principal: Principal) -> String? {
        access.revocation(of: accessKeyID, principal)
    }

    package func submit(_ submission: Submission) async throws -> MessageID { try await gate.submit(submission) }
    package func makeDraft() -> any Draft { drafts.makeDraft() }
}
