// SPDX-License-Identifier: Apache-2.0

package import Access
import Journal
import MIME
package import Mail
import Queue

extension CustomVerification {
    /// Makes the address an identity that waits for its link, where it is none, and sends it the link.
    /// - Throws: `SendRefusal`, `RecordFailure.notFound` for the template, `IdentityFailure`.
    package func send(
        _ name: String, to address: Mailbox, configurationSet: String?, operation: String, apiVersion: String,
        by caller: Caller
    ) async throws -> MessageID {
        guard let template = try await templates.find(name, in: caller.account) else {
            try authorizeWithoutTemplate(name, address, apiVersion, caller)
            throw RecordFailure.notFound(name)
        }
        let arn = templates.arn(name, in: caller.account)
        func submission(_ html: String) throws -> Submission {
            Submission(
                caller: caller, action: .sendCustomVerificationEmail,
                reversePath: .mailbox(try Self.sender(template.from)), recipients: [address],
                content: .memory(try compose(template, address, html)), configurationSet: configurationSet,
                apiVersion: apiVersion, resources: [.init(arn, tags: template.tags)])
        }
        // The decision comes before the identity: who may not send makes none.
        try await gate.examine(try submission(""))
        let identity = try await opened(address, operation, caller)
        try await redirections.put(template, for: identity, recording: fact(operation, arn, caller))
        let link = publicURL.map { "\($0)/verify?token=\(identity.verificationToken)" }
        return try await gate.submit(try submission(VerificationMail.html(template.content, link: link)))
    }

    // Who may not send learns nothing of templates: without one there is no From, and all the rest is asked.
    private func authorizeWithoutTemplate(
        _ name: String, _ address: Mailbox, _ apiVersion: String, _ caller: Caller
    ) throws {
        let request = AccessRequest(
            caller: caller, action: SendAction.sendCustomVerificationEmail.rawValue,
            resources: [.init(templates.arn(name, in: caller.account))],
            context: ["ses:Recipients": [address.description], "ses:ApiVersion": [apiVersion]])
        if case .denied(let denial) = gate.access.authorize(request) { throw SendRefusal.accessDenied(denial) }
    }

    /// The identity of the address, with 24 hours from now for its link.
    private func opened(_ address: Mailbox, _ operation: String, _ caller: Caller) async throws -> Identity {
        guard identities.mode == .automatic || publicURL != nil else { throw IdentityFailure.addressesCannotBeVerified }
        let name = IdentityName.address(address)
        let moment = identities.now()
        do {
            return try await identities.store.change(name, in: caller.account, recording: nil) {
                $0.lastCheckedAt = moment
            }
        } catch IdentityFailure.notFound {
            if let refusal = identities.guardrails.senderRefusal(address.domain) {
                try await identities.refuse(refusal, operation, account: caller.account, by: caller)
            }
        }
        do {
            return try await identities.make(
                name, [:], nil, mailedAt: moment, recording: identities.fact(operation, name, by: caller))
        } catch IdentityFailure.alreadyExists {
            // Somebody else was quicker with the same address.
            return try await opened(address, operation, caller)
        }
    }

    private func compose(_ template: VerificationTemplate, _ address: Mailbox, _ html: String) throws -> [UInt8] {
        var composer = MessageComposer(from: template.from)
        composer.to = [address.description]
        composer.subject = template.subject
        composer.html = html
        do {
            return try composer.compose(random: random)
        } catch {
            throw SendRefusal.malformedMessage("The message cannot be composed: \(error).")
        }
    }

    private func fact(_ operation: String, _ resource: String, _ caller: Caller) -> Fact {
        Fact(operation, on: resource, by: caller, at: identities.now())
    }
}
