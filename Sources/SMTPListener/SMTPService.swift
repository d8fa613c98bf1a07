// SPDX-License-Identifier: Apache-2.0

package import Access
package import Mail
package import Queue
package import Sending

/// What an SMTP session asks of the house.
package protocol SMTPService: Sendable {
    /// A name for a session's records.
    func makeSessionName() -> String
    /// Answers once the attempt is on record; `temporarilyUnavailable` where it cannot be.
    func signIn(_ attempt: SignInAttempt) async -> SignInAnswer
    /// Why credentials that were accepted are so no more; asked at every read, so it must cost next to nothing.
    func revocation(of accessKeyID: String, _ principal: Principal) -> String?
    func submit(_ submission: Submission) async throws -> MessageID
    func makeDraft() -> any Draft
}

/// The house itself.
package struct GateService: SMTPService {
    private let access: AccessControl
    private let gate: Gate
    private let queue: DeliveryQueue
    private let drafts: any DraftFactory

    /// - Parameter queue: the gate's, so that who signs in is written together with what others send.
    package init(access: AccessControl, gate: Gate, queue: DeliveryQueue, drafts: any DraftFactory) {
        self.access = access
        self.gate = gate
        self.queue = queue
        self.drafts = drafts
    }

    package func makeSessionName() -> String { access.makeSessionName() }

    package func signIn(_ attempt: SignInAttempt) async -> SignInAnswer {
        await access.signIn(attempt) { try await queue.record($0) }
    }

    package func revocation(of accessKeyID: String, _ principal: Principal) -> String? {
        access.revocation(of: accessKeyID, principal)
    }

    package func submit(_ submission: Submission) async throws -> MessageID { try await gate.submit(submission) }
    package func makeDraft() -> any Draft { drafts.makeDraft() }
}
