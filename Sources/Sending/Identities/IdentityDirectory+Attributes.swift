// SPDX-License-Identifier: Apache-2.0

package import Access
package import Mail

/// MAIL FROM and feedback forwarding of identities.
extension IdentityDirectory {
    /// Gives an identity a MAIL FROM domain, or takes it away.
    ///
    /// The same domain again is looked for anew, unless it stands verified.
    /// - Parameter domain: nil takes it away.
    /// - Throws: `IdentityFailure.notFound`, `.mailFromOutside`.
    package func setMailFrom(
        _ domain: Domain?, _ behavior: MailFrom.Behavior, of name: IdentityName, operation: String, by caller: Caller
    ) async throws {
        if let domain, !domain.isWithin(name.domain) || domain == name.domain {
            throw IdentityFailure.mailFromOutside(domain, name)
        }
        let (moment, isVerified) = (now(), mode == .automatic)
        try await change(name, operation: operation, by: caller) { identity in
            guard let domain else {
                identity.mailFrom = nil
                return
            }
            if identity.mailFrom?.domain == domain, identity.mailFrom?.isVerified == true {
                identity.mailFrom?.behavior = behavior
                return
            }
            identity.mailFrom = MailFrom(
                domain: domain, status: isVerified ? .success : .pending, behavior: behavior, since: moment,
                lastCheckedAt: isVerified ? moment : nil)
        }
    }

    /// Whether reports of bounces and complaints are mailed to the sender.
    /// - Throws: `IdentityFailure.notFound`.
    package func setFeedbackForwarding(
        _ isOn: Bool, of name: IdentityName, operation: String, by caller: Caller
    ) async throws {
        try await change(name, operation: operation, by: caller) { $0.feedbackForwarding = isOn }
    }
}
