// SPDX-License-Identifier: Apache-2.0

package import AWSWire

/// Amazon Simple Notification Service, 2010-03-31.
package enum SNSCatalogue {
    package static func make(_ services: SNSServices) -> ServiceCatalogue {
        var catalogue = ServiceCatalogue(
            .query(namespace: "http://sns.amazonaws.com/doc/2010-03-31/"), version: "2010-03-31")
        catalogue.add(CreateTopic(services: services))
        catalogue.add(DeleteTopic(services: services))
        catalogue.add(ListTopics(services: services))
        catalogue.add(GetTopicAttributes(services: services))
        catalogue.add(SetTopicAttributes(services: services))
        catalogue.add(AddPermission(services: services))
        catalogue.add(RemovePermission(services: services))
        catalogue.add(GetDataProtectionPolicy(services: services))
        catalogue.add(Subscribe(services: services))
        catalogue.add(ConfirmSubscription(services: services))
        catalogue.add(Unsubscribe(services: services))
        catalogue.add(ListSubscriptions(services: services))
        catalogue.add(ListSubscriptionsByTopic(services: services))
        catalogue.add(GetSubscriptionAttributes(services: services))
        catalogue.add(SetSubscriptionAttributes(services: services))
        catalogue.add(Publish(services: services))
        catalogue.add(PublishBatch(services: services))
        catalogue.add(TagResource(services: services))
        catalogue.add(UntagResource(services: services))
        catalogue.add(ListTagsForResource(services: services))
        return catalogue
    }
}
