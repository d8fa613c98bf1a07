// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// Draws up the sites of a world with their domains, biggest first.
struct Map {
    private static let mostProviders = 16
    private static let keptDomains = 20

    private(set) var sites: [World.Site] = []
    private(set) var destinations: [World.Destination] = []
    /// By destination: its part of all mail, in no particular unit.
    private(set) var weights: [Double] = []
    private let plan: SimulationPlan
    private let rules: ProviderRules

    init(_ plan: SimulationPlan, _ rules: ProviderRules) {
        self.plan = plan
        self.rules = rules
    }

    mutating func draw(_ draw: inout Draw) {
        let providers = rules.providers.prefix(min(Self.mostProviders, plan.sites / 4))
        for rank in 0..<plan.sites {
            let weight = 1 / Double(rank + 1)
            // Big ones without a rule stand between those with one.
            if rank % 2 == 0, rank / 2 < providers.count {
                add(providers[rank / 2], weight)
            } else {
                addUnknown(rank, weight, &draw)
            }
        }
    }

    private mutating func add(_ provider: Provider, _ weight: Double) {
        let site = Int32(sites.count)
        sites.append(
            World.Site(
                name: provider.name, manner: Receiver.manner(ofProvider: provider.name), provider: provider.name))
        let exchanger = provider.exchangers.first.map { "mx1.\($0)" }
        let own = provider.domains.prefix(4)
        for (place, domain) in own.enumerated() {
            add(
                domain, site, [exchanger ?? "mx.\(domain)"], weight * (exchanger == nil ? 1 : 0.8) / Double(own.count),
                place)
        }
        guard let exchanger else { return }
        // Companies whose mail it keeps.
        let rest = weight * (own.isEmpty ? 1 : 0.2) / Double(Self.keptDomains)
        for number in 0..<Self.keptDomains { add("kept\(number)-\(site).example", site, [exchanger], rest, number) }
    }

    private mutating func addUnknown(_ rank: Int, _ weight: Double, _ draw: inout Draw) {
        let site = Int32(sites.count)
        let host = "mx.s\(rank).example"
        let name = rules.site(of: "s\(rank).example", exchangers: [host])
        sites.append(World.Site(name: name, manner: Receiver.Manner.drawn(rank, &draw), provider: nil))
        let domains = draw.below(10) == 0 ? 3 : 1
        for number in 0..<domains {
            add(
                number == 0 ? "s\(rank).example" : "d\(number).s\(rank).example", site, [host],
                weight / Double(domains), number)
        }
    }

    private mutating func add(_ name: String, _ site: Int32, _ hosts: [String], _ weight: Double, _ number: Int) {
        guard let domain = try? Domain(parsing: name), let mailbox = try? Mailbox(localPart: "somebody", domain: domain)
        else { return }
        destinations.append(
            World.Destination(name: domain.description, site: site, exchangers: hosts, recipients: [mailbox]))
        weights.append(weight)
    }
}
