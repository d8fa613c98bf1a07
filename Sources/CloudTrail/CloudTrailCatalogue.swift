// SPDX-License-Identifier: Apache-2.0

package import AWSWire

/// AWS CloudTrail, 2013-11-01: the trail's lookups, its copies, their selectors and the keys that prove them.
package enum CloudTrailCatalogue {
    package static func make(_ services: TrailServices) -> ServiceCatalogue {
        var catalogue = ServiceCatalogue(.json(version: "1.1"))
        catalogue.add(LookupEvents(services: services))
        catalogue.add(CreateTrail(services: services))
        catalogue.add(UpdateTrail(services: services))
        catalogue.add(DeleteTrail(services: services))
        catalogue.add(DescribeTrails(services: services))
        catalogue.add(GetTrail(services: services))
        catalogue.add(GetTrailStatus(services: services))
        catalogue.add(ListTrails(services: services))
        catalogue.add(StartLogging(services: services))
        catalogue.add(StopLogging(services: services))
        catalogue.add(GetEventSelectors(services: services))
        catalogue.add(PutEventSelectors(services: services))
        catalogue.add(GetInsightSelectors(services: services))
        catalogue.add(AddTags(services: services))
        catalogue.add(RemoveTags(services: services))
        catalogue.add(ListTags(services: services))
        catalogue.add(ListPublicKeys(services: services))
        return catalogue
    }
}
