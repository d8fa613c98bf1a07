// SPDX-License-Identifier: Apache-2.0

package import AWSWire
package import Access

/// AWS Organizations, 2016-11-28.
package enum OrganizationsCatalogue {
    package static func make(_ access: AccessControl) -> ServiceCatalogue {
        var catalogue = ServiceCatalogue(.json(version: "1.1"))
        catalogue.add(CreateAccount(access: access))
        catalogue.add(DescribeCreateAccountStatus(access: access))
        catalogue.add(ListAccounts(access: access))
        catalogue.add(DescribeAccount(access: access))
        catalogue.add(DescribeOrganization(access: access))
        catalogue.add(ListRoots(access: access))
        catalogue.add(CreatePolicy(access: access))
        catalogue.add(UpdatePolicy(access: access))
        catalogue.add(DeletePolicy(access: access))
        catalogue.add(DescribePolicy(access: access))
        catalogue.add(ListPolicies(access: access))
        catalogue.add(ListPoliciesForTarget(access: access))
        catalogue.add(AttachPolicy(access: access))
        catalogue.add(DetachPolicy(access: access))
        catalogue.add(ListTargetsForPolicy(access: access))
        return catalogue
    }
}
