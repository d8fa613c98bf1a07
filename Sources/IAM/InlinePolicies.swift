// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail

/// A page of the names of somebody's own policies.
struct PolicyNamesOutput: Encodable {
    let policyNames: [String]
    let isTruncated: Bool
    let marker: String?

    init(_ holder: some PolicyHolder, marker: String?, maxItems: Number?) throws {
        let page = try Page(Array(holder.inline.keys), by: \.self, marker: marker, maxItems: maxItems)
        policyNames = page.elements
        (isTruncated, self.marker) = (page.isTruncated, page.marker)
    }
}

extension IAMCall {
    /// Somebody with one of their own policies.
    func inline<Holder: PolicyHolder>(
        _ type: Holder.Type, _ name: String, _ policy: String
    ) throws -> (Holder, String) {
        let policy = try checkedPolicyName(policy)
        return try read { state in
            let holder = try state.require(type, name, in: account)
            return (holder, try state.inline(type, name, policy: policy, in: account))
        }
    }
}

func checkedPolicyName(_ name: String) throws -> String {
    try inIAMsWords { try IAMRules.name(name, "policyName", maximum: 128) }
    return name
}
