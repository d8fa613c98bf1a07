// SPDX-License-Identifier: Apache-2.0

package import Queue
import Yams

/// A YAML file of provider rules: the shipped one, or an operator's own (`delivery.provider-rules`), which extends it.
///
/// ```yaml
/// warm-up:                                  # plans: messages on day 1, 2, …; to day 45 the last number holds
///   google: [50, 100, 200]                  # `address` and `site` are the common ones
/// providers:
///   - name: gmail
///     exchangers: [google.com]              # endings of the names of its mail exchangers
///     domains: [gmail.com]                  # domains that are its own by name
///     limits:                               # for each address that mail leaves from, each with the name of its rule
///       - { rule: gmail-connections, connections: 10 }
///       - { rule: gmail-rate, rate: 50/s }  # s, min, h, d
///       - { rule: gmail-mails, mails-per-connection: 50 }
///       - { rule: gmail-recipients, recipients-per-message: 100 }
///     warm-up: { rule: google-warmup, plan: google }
///     replies:
///       - rule: gmail-unusual-rate
///         codes: [421, 4]                   # first digits
///         statuses: [4.7.28]                # first parts
///         phrases: ["unusual rate * mail"]  # one of them; `*` is anything
///         act: rate 10/min                  # suspend-path, suspend-site, switch-address, connections 2, rate 10/min
///         for: 1 h                          # s, min, h, d
///         after: 2                          # so many within an hour; 1 where it is left out
/// replies: []                               # the same, for replies of any site
/// ```
///
/// A provider, limit, reply rule or plan of an operator's file takes the place of the one with its name; of a provider
/// that is known, what the file leaves out stays. Limits: 1 MiB, 2,000 providers, 500 entries a list.
package struct ProviderRulesFile {
    package static let maximumSize = 1 << 20
    package static let maximumProviders = 2_000
    package static let maximumEntries = 500

    package let providers: [Provider]
    package let lessons: [TeachingRule]
    package let plans: [WarmUpPlan]

    /// - Parameter name: what messages call the file.
    /// - Throws: `ConfigurationError`, which begins with name, line and column.
    package init(yaml: String, name: String) throws {
        guard yaml.utf8.count <= Self.maximumSize else {
            throw ConfigurationError("\(name): larger than \(Self.maximumSize) octets")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            throw ConfigurationError("\(name): not valid YAML: \(error)")
        }
        guard let root else { throw ConfigurationError("\(name):1:1: expected 'providers', 'replies' or 'warm-up'") }
        let reader = ProviderReader(file: name)
        let top = try reader.fields(of: root, known: ["warm-up", "providers", "replies"])
        plans = try reader.plans(top["warm-up"])
        providers = try reader.list(top["providers"], maximum: Self.maximumProviders).map(reader.provider)
        lessons = try reader.list(top["replies"]).map(reader.lesson)
        try reader.requireDistinct(providers.map(\.name), "provider", root)
        try reader.requireDistinct(providers.flatMap { $0.limits.map(\.rule) }, "limit", root)
        try reader.requireDistinct((lessons + providers.flatMap(\.lessons)).map(\.name), "reply rule", root)
    }

    /// The rules that come with Postern.
    package static func shipped() throws -> ProviderRules {
        let file = try ProviderRulesFile(yaml: ShippedProviders.yaml, name: ShippedProviders.fileName)
        return try file.rules(named: ShippedProviders.fileName)
    }

    /// The shipped rules, with an operator's own over them.
    package static func shipped(with yaml: String, name: String) throws -> ProviderRules {
        let base = try ProviderRulesFile(yaml: ShippedProviders.yaml, name: ShippedProviders.fileName)
        return try base.extended(by: ProviderRulesFile(yaml: yaml, name: name)).rules(named: name)
    }

    private init(providers: [Provider], lessons: [TeachingRule], plans: [WarmUpPlan]) {
        self.providers = providers
        self.lessons = lessons
        self.plans = plans
    }

    private func extended(by other: ProviderRulesFile) -> ProviderRulesFile {
        var merged = providers
        for provider in other.providers {
            if let place = merged.firstIndex(where: { $0.name == provider.name }) {
                merged[place] = merged[place].extended(by: provider)
            } else {
                merged.append(provider)
            }
        }
        return ProviderRulesFile(
            providers: merged, lessons: Self.merged(lessons, other.lessons, by: \.name),
            plans: Self.merged(plans, other.plans, by: \.name))
    }

    // What an operator adds comes first, so that it is asked before what is shipped.
    fileprivate static func merged<Item>(_ old: [Item], _ new: [Item], by name: (Item) -> String) -> [Item] {
        let names = Set(new.map(name))
        return new + old.filter { !names.contains(name($0)) }
    }

    private func rules(named name: String) throws -> ProviderRules {
        let known = Set(plans.map(\.name))
        for provider in providers {
            if let plan = provider.warmUp?.value, !known.contains(plan) {
                throw ConfigurationError("\(name): provider '\(provider.name)' names no warm-up plan: '\(plan)'")
            }
        }
        return ProviderRules(providers: providers, lessons: lessons, plans: plans)
    }
}

extension Provider {
    /// Limits of one kind: the operator's stand last, where the last one counts.
    fileprivate func extended(by other: Provider) -> Provider {
        let names = Set(other.limits.map(\.rule))
        return Provider(
            name: name, exchangers: Array(Set(exchangers + other.exchangers)).sorted(),
            domains: Array(Set(domains + other.domains)).sorted(),
            limits: limits.filter { !names.contains($0.rule) } + other.limits, warmUp: other.warmUp ?? warmUp,
            lessons: ProviderRulesFile.merged(lessons, other.lessons, by: \.name))
    }
}
