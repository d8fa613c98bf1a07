// SPDX-License-Identifier: Apache-2.0

/// What the big providers allow, and what their replies teach.
///
/// A domain belongs to the provider that names it, or whose patterns name its mail exchangers; so a company whose mail
/// Google keeps is counted as Google's. What no rule names is held to the server's own limits alone.
package struct ProviderRules: Hashable, Sendable {
    package static let none = ProviderRules(providers: [], lessons: [], plans: [])
    /// The plan for all that an address sends in a day, and for what it sends to a site without a plan of its own.
    package static let addressPlan = "address"
    package static let sitePlan = "site"

    package let providers: [Provider]
    /// Lessons that any provider's replies may teach.
    package let lessons: [TeachingRule]
    package let plans: [WarmUpPlan]
    private let providersByName: [String: Int]
    private let providersByDomain: [String: Int]
    /// By the exchangers' ending: `google.com`.
    private let providersBySuffix: [String: Int]
    private let plansByName: [String: WarmUpPlan]

    package init(providers: [Provider], lessons: [TeachingRule], plans: [WarmUpPlan]) {
        self.providers = providers
        self.lessons = lessons
        self.plans = plans
        var (names, domains, suffixes): ([String: Int], [String: Int], [String: Int]) = ([:], [:], [:])
        for (index, provider) in providers.enumerated() {
            names[provider.name] = index
            for domain in provider.domains { domains[domain] = index }
            for suffix in provider.exchangers { suffixes[suffix] = index }
        }
        (providersByName, providersByDomain, providersBySuffix) = (names, domains, suffixes)
        plansByName = Dictionary(plans.map { ($0.name, $0) }) { _, later in later }
    }

    package func provider(named name: String) -> Provider? { providersByName[name].map { providers[$0] } }

    /// The provider of a domain by the domain's own name.
    package func provider(ofDomain domain: String) -> Provider? { providersByDomain[domain].map { providers[$0] } }

    /// The provider that keeps a mail exchanger: by the longest ending that a rule names. `aspmx.l.google.com` is Google's
    /// where a rule names `google.com`.
    package func provider(ofExchanger host: String) -> Provider? {
        var rest = Substring(host)
        while true {
            if let index = providersBySuffix[String(rest)] { return providers[index] }
            guard let dot = rest.firstIndex(of: ".") else { return nil }
            rest = rest[rest.index(after: dot)...]
        }
    }

    /// The site of a domain: its provider's name, or the exchangers of best preference.
    /// - Parameter exchangers: the hosts of best preference, in lower case without a last dot; may be empty.
    package func site(of domain: String, exchangers: [String]) -> String {
        if let provider = provider(ofDomain: domain) { return provider.name }
        for host in exchangers {
            if let provider = provider(ofExchanger: host) { return provider.name }
        }
        // A bounded name, also where somebody lists a thousand hosts.
        return exchangers.isEmpty ? domain : exchangers.sorted().prefix(4).joined(separator: ",")
    }

    package func plan(named name: String) -> WarmUpPlan? { plansByName[name] }

    /// What a reply from a site teaches, if anything: the provider's rules before the common ones, each in its order.
    package func lesson(from reply: String, code: Int, status: String, site: String) -> Lesson? {
        let reading = ReplyReading(code: code, status: status, text: reply)
        let rule = provider(named: site)?.lessons.first { $0.matches(reading) } ?? lessons.first { $0.matches(reading) }
        return rule.map {
            Lesson(act: $0.act, duration: $0.duration, rule: $0.name, reply: reply, threshold: $0.threshold)
        }
    }
}

/// Some mail exchangers in one hand, and what they bear.
package struct Provider: Hashable, Sendable {
    /// `gmail`: the name of the site.
    package let name: String
    /// Endings of its mail exchangers' names.
    package let exchangers: [String]
    /// Domains that are its own whatever their exchangers are called.
    package let domains: [String]
    package let limits: [Limit]
    /// The plan by which an address is warmed up for it; nil for the common one.
    package let warmUp: Named<String>?
    package let lessons: [TeachingRule]

    package init(
        name: String, exchangers: [String] = [], domains: [String] = [], limits: [Limit] = [],
        warmUp: Named<String>? = nil, lessons: [TeachingRule] = []
    ) {
        self.name = name
        self.exchangers = exchangers
        self.domains = domains
        self.limits = limits
        self.warmUp = warmUp
        self.lessons = lessons
    }

    /// A value and the rule that set it.
    package struct Named<Value: Hashable & Sendable>: Hashable, Sendable {
        package let rule: String
        package let value: Value

        package init(_ value: Value, rule: String) {
            self.rule = rule
            self.value = value
        }
    }

    /// One bound for each address that mail leaves from.
    package struct Limit: Hashable, Sendable {
        package enum Bound: Hashable, Sendable {
            case connections(Int)
            case rate(Rate)
            case mailsPerConnection(Int)
            case recipientsPerMessage(Int)
        }

        package let rule: String
        package let bound: Bound

        package init(_ bound: Bound, rule: String) {
            self.rule = rule
            self.bound = bound
        }
    }
}
