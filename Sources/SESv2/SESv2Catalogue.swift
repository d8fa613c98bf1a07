// SPDX-License-Identifier: Apache-2.0

package import AWSWire
package import Access
package import Mail
package import Sending

/// What the operations of SES stand on.
package struct SESv2Services: Sendable {
    package let access: AccessControl
    package let gate: Gate
    package let identities: IdentityDirectory
    package let quota: SendingQuota
    package let configurationSets: ConfigurationSets
    package let addresses: DedicatedAddresses
    package let accounts: AccountSettings
    package let suppression: SuppressionList
    package let templates: Shelf<EmailTemplate>
    package let verification: CustomVerification
    package let counts: any SendCounts
    package let now: Now
    package let random: RandomBits

    package init(
        access: AccessControl, gate: Gate, identities: IdentityDirectory, quota: SendingQuota,
        configurationSets: ConfigurationSets, addresses: DedicatedAddresses, accounts: AccountSettings,
        suppression: SuppressionList, templates: Shelf<EmailTemplate>, verification: CustomVerification,
        counts: any SendCounts, now: @escaping Now, random: @escaping RandomBits
    ) {
        self.counts = counts
        self.addresses = addresses
        self.accounts = accounts
        self.suppression = suppression
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

/// Amazon SES v2, 2019-09-27.
package enum SESv2Catalogue {
    package static func make(_ services: SESv2Services) -> ServiceCatalogue {
        var catalogue = ServiceCatalogue(.restJSON)
        catalogue.add(SendEmail(services: services))
        catalogue.add(CreateEmailIdentity(services: services))
        catalogue.add(GetEmailIdentity(services: services))
        catalogue.add(ListEmailIdentities(services: services))
        catalogue.add(DeleteEmailIdentity(services: services))
        catalogue.add(CreateEmailIdentityPolicy(services: services))
        catalogue.add(UpdateEmailIdentityPolicy(services: services))
        catalogue.add(DeleteEmailIdentityPolicy(services: services))
        catalogue.add(GetEmailIdentityPolicies(services: services))
        catalogue.add(CreateConfigurationSet(services: services))
        catalogue.add(GetConfigurationSet(services: services))
        catalogue.add(ListConfigurationSets(services: services))
        catalogue.add(DeleteConfigurationSet(services: services))
        catalogue.add(PutEmailIdentityConfigurationSetAttributes(services: services))
        catalogue.add(CreateEmailTemplate(services: services))
        catalogue.add(GetEmailTemplate(services: services))
        catalogue.add(UpdateEmailTemplate(services: services))
        catalogue.add(DeleteEmailTemplate(services: services))
        catalogue.add(ListEmailTemplates(services: services))
        catalogue.add(TestRenderEmailTemplate(services: services))
        catalogue.add(SendBulkEmail(services: services))
        catalogue.add(CreateCustomVerificationEmailTemplate(services: services))
        catalogue.add(GetCustomVerificationEmailTemplate(services: services))
        catalogue.add(UpdateCustomVerificationEmailTemplate(services: services))
        catalogue.add(DeleteCustomVerificationEmailTemplate(services: services))
        catalogue.add(ListCustomVerificationEmailTemplates(services: services))
        catalogue.add(SendCustomVerificationEmail(services: services))
        catalogue.add(ListTagsForResource(services: services))
        catalogue.add(TagResource(services: services))
        catalogue.add(UntagResource(services: services))
        catalogue.add(GetAccount(services: services))
        catalogue.add(BatchGetMetricData(services: services))
        addDelivery(to: &catalogue, services)
        return catalogue
    }

    private static func addDelivery(to catalogue: inout ServiceCatalogue, _ services: SESv2Services) {
        catalogue.add(PutConfigurationSetDeliveryOptions(services: services))
        catalogue.add(PutConfigurationSetReputationOptions(services: services))
        catalogue.add(PutConfigurationSetSendingOptions(services: services))
        catalogue.add(PutConfigurationSetSuppressionOptions(services: services))
        catalogue.add(PutConfigurationSetTrackingOptions(services: services))
        catalogue.add(PutConfigurationSetVdmOptions(services: services))
        catalogue.add(PutConfigurationSetArchivingOptions(services: services))
        catalogue.add(PutEmailIdentityMailFromAttributes(services: services))
        catalogue.add(PutEmailIdentityFeedbackAttributes(services: services))
        catalogue.add(PutEmailIdentityDkimAttributes(services: services))
        catalogue.add(CreateDedicatedIpPool(services: services))
        catalogue.add(GetDedicatedIpPool(services: services))
        catalogue.add(ListDedicatedIpPools(services: services))
        catalogue.add(DeleteDedicatedIpPool(services: services))
        catalogue.add(PutDedicatedIpPoolScalingAttributes(services: services))
        catalogue.add(GetDedicatedIp(services: services))
        catalogue.add(GetDedicatedIps(services: services))
        catalogue.add(PutDedicatedIpInPool(services: services))
        catalogue.add(PutDedicatedIpWarmupAttributes(services: services))
        catalogue.add(PutAccountDedicatedIpWarmupAttributes(services: services))
        catalogue.add(PutSuppressedDestination(services: services))
        catalogue.add(GetSuppressedDestination(services: services))
        catalogue.add(ListSuppressedDestinations(services: services))
        catalogue.add(DeleteSuppressedDestination(services: services))
        catalogue.add(PutAccountSuppressionAttributes(services: services))
        catalogue.add(PutAccountSendingAttributes(services: services))
    }
}
