// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// The account's identities, a page at a time.
struct ListIdentities: Operation {
    static let route = Route.query(service: "ses")
    /// SES: 1,000 at most.
    private static let maximumItems = 1000

    struct Input: Decodable {
        var identityType: String?
        var nextToken: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let identities: [String]
        let nextToken: String?
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let wanted = input.identityType ?? ""
        guard ["", "Domain", "EmailAddress"].contains(wanted) else {
            throw ServiceError(
                "ValidationError",
                "1 validation error detected: Value at 'identityType' failed to satisfy constraint: Member must satisfy enum value set: [EmailAddress, Domain]"
            )
        }
        let size = min(max(input.maxItems?.value ?? Self.maximumItems, 1), Self.maximumItems)
        var names: [String] = []
        var after = input.nextToken
        while names.count <= size {
            let page = try await services.identities.identities(
                in: caller.account, after: after, limit: Self.maximumItems)
            for identity in page {
                let type = if case .domain = identity.name { "Domain" } else { "EmailAddress" }
                if wanted.isEmpty || wanted == type { names.append(identity.name.description) }
            }
            guard page.count == Self.maximumItems, let last = page.last else { break }
            after = last.name.description
        }
        return Output(identities: Array(names.prefix(size)), nextToken: names.count > size ? names[size - 1] : nil)
    }
}
