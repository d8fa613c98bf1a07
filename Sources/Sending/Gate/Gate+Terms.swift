// SPDX-License-Identifier: Apache-2.0

import Access
import Mail
import Queue

/// What options make of a message that may be sent.
extension Gate {
    /// A pause is for the account that sends, and for the set that is used, whosever it is.
    func requireSending(_ set: ConfigurationSet?, for account: AccountID) async throws {
        guard try await accounts.attributes(of: account).sendingEnabled else {
            throw SendRefusal.accountPaused(account)
        }
        if let set, !set.sendingEnabled { throw SendRefusal.configurationSetPaused(set.name) }
    }

    /// - Parameter owner: whose the set is; the sender's own account where there is none.
    func terms(
        _ set: ConfigurationSet?, of owner: AccountID, sentBy sender: Sender
    ) throws(SendRefusal) -> DeliveryTerms {
        let isTLSRequired = set?.delivery.tlsPolicy == .require || access.guardrails.requiresDeliveryTLS
        return DeliveryTerms(
            configurationSet: set?.name, configurationSetOwner: set == nil ? nil : owner,
            pool: try addresses.pool(named: set?.delivery.pool, in: owner),
            tls: isTLSRequired ? .encrypted : .opportunistic,
            identity: sender.identity?.name.description ?? sender.mailbox.domain.description)
    }

    /// The identity's own, or that of the domain it lies in.
    /// - Returns: nil for the server's.
    /// - Throws: `SendRefusal.mailFromNotVerified` where the owner wants such mail refused.
    func mailFromDomain(for sender: Sender) async throws -> Domain? {
        var mailFrom = sender.identity?.mailFrom
        if mailFrom == nil, case .address? = sender.identity?.name {
            mailFrom = try await identities.domainIdentity(covering: sender.mailbox.domain, in: sender.owner)?.mailFrom
        }
        guard let mailFrom else { return nil }
        if mailFrom.isVerified { return mailFrom.domain }
        guard mailFrom.behavior == .useDefaultValue else { throw SendRefusal.mailFromNotVerified(mailFrom.domain) }
        return nil
    }
}
