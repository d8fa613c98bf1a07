// SPDX-License-Identifier: Apache-2.0

package import Access
package import Journal
import MIME
package import Mail

/// Has addresses verified by mail that an account wrote itself.
///
/// Unlike `AddressVerification`'s it is the account's mail: it passes the gate like any other, so policies and guardrails
/// see its From and its recipient. The template's HTML is followed by the link and a sentence that cannot be taken away.
package struct CustomVerification: Sendable {
    package let templates: Shelf<VerificationTemplate>
    let redirections: Redirections
    let identities: IdentityDirectory
    let gate: Gate
    let publicURL: String?
    let random: RandomBits

    /// - Parameter publicURL: what the links begin with; nil where none leads anywhere.
    package init(
        records: any RecordStore, identities: IdentityDirectory, gate: Gate, publicURL: String?,
        random: @escaping RandomBits
    ) {
        templates = Shelf(store: records, region: identities.region, now: identities.now)
        redirections = Redirections(store: records)
        self.identities = identities
        self.gate = gate
        self.publicURL = publicURL
        self.random = random
    }

    // MARK: Templates

    /// - Throws: `RecordFailure`, `SendRefusal.invalidAddress`, `SendRefusal.identitiesNotVerified`.
    package func create(_ template: VerificationTemplate, operation: String, by caller: Caller) async throws {
        try await requireVerified(template.from, caller.account)
        try template.check()
        let limit = VerificationTemplate.maximumCount
        let others = try await templates.list(in: caller.account, after: nil, limit: limit) {
            $0.name == template.name ? 0 : 1
        }
        guard others.reduce(0, +) < limit else {
            throw RecordFailure.limitExceeded("An account can have \(limit) custom verification email templates.")
        }
        try await templates.create(template, operation: operation, by: caller)
    }

    /// - Throws: `RecordFailure`, `SendRefusal.invalidAddress`, `SendRefusal.identitiesNotVerified`.
    package func replace(_ template: VerificationTemplate, operation: String, by caller: Caller) async throws {
        try await requireVerified(template.from, caller.account)
        try await templates.replace(template, operation: operation, by: caller)
    }

    private func requireVerified(_ from: String, _ account: AccountID) async throws {
        let mailbox = try Self.sender(from)
        guard try await identities.book.identity(covering: mailbox, in: account)?.isVerified == true else {
            throw SendRefusal.identitiesNotVerified([from], region: identities.region)
        }
    }

    static func sender(_ text: String) throws -> Mailbox {
        do {
            let list = try AddressList(parsing: text).mailboxes
            guard list.count == 1 else { throw SyntaxError(expected: "one address", offset: 0) }
            return list[0]
        } catch let error as SyntaxError {
            throw SendRefusal.invalidAddress(text, error)
        }
    }

    // MARK: The link

    /// Somebody followed a link, of whichever mail.
    /// - Returns: whether it was good, and where the template's account wants them to go then.
    package func confirm(token: String) async throws -> (isGood: Bool, redirection: String?) {
        let identity = try await identities.store.identity(verificationToken: token)
        let isGood = try await identities.confirm(token: token) != nil
        guard let identity, let redirection = try await redirections.find(for: identity) else { return (isGood, nil) }
        return (isGood, isGood ? redirection.success : redirection.failure)
    }
}
