// SPDX-License-Identifier: Apache-2.0

import AWSAccess
package import AWSWire
package import Access
import Authentication
import Mail
package import Sending
package import Trail

/// The DNS records of an identity as a zone file, either way: in the domain itself, or by CNAME into the hosted zone.
struct GetIdentityZone: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input: Decodable { var emailIdentity: String }
    struct Output: Encodable { let zone: String }

    let access: AccessControl
    let identities: IdentityDirectory

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try access.require("postern:GetIdentityZone", as: caller, code: "AccessDeniedException")
        guard let name = try? IdentityName(parsing: input.emailIdentity), case .domain(let domain) = name,
            let identity = try await identities.identity(name, in: caller.account), let dkim = identity.dkim
        else {
            throw ServiceError(
                "NotFoundException", "Domain identity \(input.emailIdentity.prefix(255)) does not exist.", status: 404)
        }
        let record = DKIMKeyRecord(keyType: "rsa", publicKey: dkim.publicKey).zoneFileText
        var lines = ["; In the zone of \(domain): the key itself"]
        lines += dkim.tokens.map { "\($0)._domainkey.\(domain). 300 IN TXT \(record)" }
        if let zone = identities.signingHostedZone {
            lines += ["", "; Or in the zone of \(domain) these, and below them the key in the hosted zone \(zone)"]
            lines += dkim.tokens.map { ";\($0)._domainkey.\(domain). 300 IN CNAME \($0).\(zone)." }
            lines += dkim.tokens.map { ";\($0).\(zone). 300 IN TXT \(record)" }
        }
        if let mailFrom = identity.mailFrom {
            let host = identities.feedbackHost
            lines += ["", "; MAIL FROM: reports come back to \(host), whose own SPF record says what mail leaves from"]
            lines += ["\(mailFrom.domain). 300 IN MX 10 \(host)."]
            lines += ["\(mailFrom.domain). 300 IN TXT \"v=spf1 include:\(host) ~all\""]
        }
        return Output(zone: lines.joined(separator: "\n") + "\n")
    }
}

/// What AWS has no verb for: the service `postern`, json-1.1, behind our own subcommands.
package enum OperatorCatalogue {
    package static func make(
        access: AccessControl, identities: IdentityDirectory, queue: QueueServices, trails: TrailBook,
        archive: TrailArchive, health: @escaping @Sendable () async -> HealthReport
    ) -> ServiceCatalogue {
        var catalogue = ServiceCatalogue(.json(version: "1.1"))
        catalogue.add(DescribeQueue(services: queue))
        catalogue.add(ListDeliveries(services: queue))
        catalogue.add(SearchMessages(services: queue))
        catalogue.add(DescribeMessage(services: queue))
        catalogue.add(ExplainDelivery(services: queue))
        catalogue.add(HoldDeliveries(services: queue))
        catalogue.add(ReleaseDeliveries(services: queue))
        catalogue.add(RetryDeliveries(services: queue))
        catalogue.add(RerouteDeliveries(services: queue))
        catalogue.add(DropDeliveries(services: queue))
        catalogue.add(SetQueueState(services: queue))
        catalogue.add(DescribePools(services: queue))
        catalogue.add(SetAddressDraining(services: queue))
        catalogue.add(DescribeTrailChain(access: access, book: trails, archive: archive))
        catalogue.add(DescribeHealth(services: queue, health: health))
        catalogue.add(GetIdentityZone(access: access, identities: identities))
        catalogue.add(ExplainAccess(access: access, identities: identities))
        catalogue.add(ProveAccess(access: access, identities: identities))
        return catalogue
    }
}
