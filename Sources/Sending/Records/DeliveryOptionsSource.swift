// SPDX-License-Identifier: Apache-2.0

package import Access
package import Queue

/// What the options of a message's configuration set ask of its delivery now.
///
/// For TLS the stricter of then and now holds, and a dedicated pool that the set has now takes the place of the one of
/// then: an option that was taken away since the message was accepted loosens nothing, nor does a set that is gone.
/// Answers are those of `ConfigurationSets`, kept for a second.
package struct DeliveryOptionsSource: Sendable {
    private let configurationSets: ConfigurationSets
    private let addresses: DedicatedAddresses
    private let guardrails: Guardrails

    package init(configurationSets: ConfigurationSets, addresses: DedicatedAddresses, guardrails: Guardrails) {
        self.configurationSets = configurationSets
        self.addresses = addresses
        self.guardrails = guardrails
    }

    package func terms(for message: SpooledMessage) async throws -> DeliveryTerms {
        var terms = message.terms
        if guardrails.requiresDeliveryTLS { terms.tls = max(terms.tls, .encrypted) }
        guard let name = terms.configurationSet, let owner = terms.configurationSetOwner,
            let set = try await configurationSets.current(name, in: owner)
        else { return terms }
        if set.delivery.tlsPolicy == .require { terms.tls = max(terms.tls, .encrypted) }
        // A pool that is gone since leaves the message to the one it was assigned to.
        if let named = try? addresses.pool(named: set.delivery.pool, in: owner) { terms.pool = named }
        return terms
    }
}
