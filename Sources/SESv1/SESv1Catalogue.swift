// SPDX-License-Identifier: Apache-2.0

import AWSAccess
package import AWSWire
package import Access
package import Mail
package import Sending

/// What the operations of SES v1 stand on.
package struct SESv1Services: Sendable {
    let access: AccessControl
    let gate: Gate
    let identities: IdentityDirectory
    let quota: SendingQuota
    let configurationSets: ConfigurationSets
    let accounts: AccountSettings
    let templates: Shelf<EmailTemplate>
    let verification: CustomVerification
    let counts: any SendCounts
    let now: Now
    let random: RandomBits

    package init(
        access: AccessControl, gate: Gate, identities: IdentityDirectory, quota: SendingQuota,
        configurationSets: ConfigurationSets, accounts: AccountSettings, templates: Shelf<EmailTemplate>,
        verification: CustomVerification, counts: any SendCounts, now: @escaping Now, random: @escaping RandomBits
    ) {
        self.counts = counts
        self.accounts = accounts
        self.access = access
        self.gate = gate
        self.identities = identities
        self.quota = quota
        self.configurationSets = configurationSets
        self.templates = templates
        self.verification = verification
        self.now = now
        self.random = random
    }
}

/// Amazon SES v1, 2010-12-01.
package enum SESv1Catalogue {
    package static func make(_ services: SESv1Services) -> ServiceCatalogue {
        var catalogue = ServiceCatalogue(
            .query(namespace: "http://ses.amazonaws.com/doc/2010-12-01/"), version: "2010-12-01")
        catalogue.add(SendEmail(services: services))
        catalogue.add(SendRawEmail(services: services))
        catalogue.add(VerifyDomainIdentity(services: services))
        catalogue.add(VerifyDomainDkim(services: services))
        catalogue.add(VerifyEmailIdentity(services: services))
        catalogue.add(ListIdentities(services: services))
        catalogue.add(GetIdentityVerificationAttributes(services: services))
        catalogue.add(SetIdentityDkimEnabled(services: services))
        catalogue.add(PutIdentityPolicy(services: services))
        catalogue.add(DeleteIdentityPolicy(services: services))
        catalogue.add(ListIdentityPolicies(services: services))
        catalogue.add(GetIdentityPolicies(services: services))
        catalogue.add(CreateConfigurationSet(services: services))
        catalogue.add(DescribeConfigurationSet(services: services))
        catalogue.add(ListConfigurationSets(services: services))
        catalogue.add(DeleteConfigurationSet(services: services))
        catalogue.add(CreateTemplate(services: services))
        catalogue.add(UpdateTemplate(services: services))
        catalogue.add(GetTemplate(services: services))
        catalogue.add(DeleteTemplate(services: services))
        catalogue.add(ListTemplates(services: services))
        catalogue.add(TestRenderTemplate(services: services))
        catalogue.add(SendTemplatedEmail(services: services))
        catalogue.add(SendBulkTemplatedEmail(services: services))
        catalogue.add(CreateCustomVerificationEmailTemplate(services: services))
        catalogue.add(GetCustomVerificationEmailTemplate(services: services))
        catalogue.add(UpdateCustomVerificationEmailTemplate(services: services))
        catalogue.add(DeleteCustomVerificationEmailTemplate(services: services))
        catalogue.add(ListCustomVerificationEmailTemplates(services: services))
        catalogue.add(SendCustomVerificationEmail(services: services))
        catalogue.add(GetSendQuota(services: services))
        catalogue.add(GetSendStatistics(services: services))
        addDelivery(to: &catalogue, services)
        return catalogue
    }

    private static func addDelivery(to catalogue: inout ServiceCatalogue, _ services: SESv1Services) {
        catalogue.add(PutConfigurationSetDeliveryOptions(services: services))
        catalogue.add(UpdateConfigurationSetReputationMetricsEnabled(services: services))
        catalogue.add(UpdateConfigurationSetSendingEnabled(services: services))
        catalogue.add(CreateConfigurationSetTrackingOptions(services: services))
        catalogue.add(UpdateConfigurationSetTrackingOptions(services: services))
        catalogue.add(DeleteConfigurationSetTrackingOptions(services: services))
        catalogue.add(SetIdentityMailFromDomain(services: services))
        catalogue.add(GetIdentityMailFromDomainAttributes(services: services))
        catalogue.add(SetIdentityFeedbackForwardingEnabled(services: services))
        catalogue.add(GetIdentityNotificationAttributes(services: services))
        catalogue.add(GetIdentityDkimAttributes(services: services))
        catalogue.add(DeleteIdentity(services: services))
        catalogue.add(GetAccountSendingEnabled(services: services))
        catalogue.add(UpdateAccountSendingEnabled(services: services))
    }
}

extension SESv1Services {
    /// Asks for one of SES v1's actions, which take no resource but for sends.
    func require(_ action: String, as caller: Caller) throws {
        try access.require("ses:\(action)", with: ["ses:ApiVersion": ["1"]], as: caller, code: "AccessDenied")
    }

    /// The domain identity of this name, made now where the account has none.
    func domainIdentity(_ text: String, operation: String, by caller: Caller) async throws -> Identity {
        let domain: Domain
        do {
            domain = try Domain(parsing: text)
        } catch {
            throw ServiceError("InvalidParameterValue", "Invalid domain name \(text.prefix(255)).")
        }
        return try await identity(.domain(domain), operation: operation, by: caller)
    }

    func identity(_ name: IdentityName, operation: String, by caller: Caller) async throws -> Identity {
        if let existing = try await identities.identity(name, in: caller.account) { return existing }
        do {
            return try await identities.create(name, operation: operation, by: caller)
        } catch IdentityFailure.alreadyExists {
            // Somebody else was quicker with the same name.
            return try await identity(name, operation: operation, by: caller)
        } catch {
            throw ServiceError(identity: error)
        }
    }
}

extension ServiceError {
    /// Why an identity could not be made, or its link not be sent.
    init(identity error: any Error) {
        switch error {
        case IdentityFailure.addressesCannotBeVerified:
            self.init("InvalidParameterValue", "Addresses cannot be verified: set public-url, or verify the domain.")
        case IdentityFailure.mailFromOutside(let domain, let name):
            self.init(
                "InvalidParameterValue",
                "Provided MAIL-FROM domain <\(domain)> is not subdomain of the domain of the identity <\(name)>.")
        case IdentityFailure.notFound(let name):
            self.init("InvalidParameterValue", "Identity <\(name)> does not exist.")
        case IdentityFailure.outsideGuardrail(let refusal):
            self.init("AccessDenied", "guardrail \(refusal.guardrail): \(refusal.reason)", status: 403)
        default: self.init(failure: error)
        }
    }
}
