// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// The observer's counts by path: tries at once, starts in time, and what replies have taught.
struct PathObserver {
    /// The last starts, as many as the rate allows: one more within the rate's time is one too many.
    private struct Window {
        let rate: Rate
        private var starts: [Int64] = []
        private var place = 0

        init(_ rate: Rate) { self.rate = rate }

        /// - Returns: whether it was too many.
        mutating func start(at moment: Int64) -> Bool {
            guard starts.count == rate.messages else {
                starts.append(moment)
                return false
            }
            let isTooMany = Double(moment - starts[place]) < rate.period * 1000
            starts[place] = moment
            place = (place + 1) % starts.count
            return isTooMany
        }
    }

    private struct Learned<Value> {
        var value: Value
        var until: Int64
    }

    private struct StrikeKey: Hashable {
        let path: Int
        let rule: String
    }

    /// By site.
    private let connections: [Int32]
    private let rates: [[Rate]]
    private var siteClosedUntil: [Int64]
    /// By path.
    private var inFlight: [Int32]
    private var closedUntil: [Int64]
    private var windows: [Int: [Window]] = [:]
    private var learnedConnections: [Int: Learned<Int>] = [:]
    private var learnedWindows: [Int: Learned<Window>] = [:]
    private var strikes: [StrikeKey: (count: Int, since: Timestamp)] = [:]

    init(_ world: World, _ rules: ProviderRules, _ limits: Schedule.Limits) {
        let bounds = world.sites.map { site in rules.provider(named: site.name)?.limits.map(\.bound) ?? [] }
        connections = bounds.map { bounds in
            let own = bounds.compactMap { if case .connections(let count) = $0 { Int32(count) } else { nil } }
            return own.last ?? Int32(limits.inFlightPerSite)
        }
        rates = bounds.map { $0.compactMap { if case .rate(let rate) = $0 { rate } else { nil } } }
        siteClosedUntil = [Int64](repeating: .min, count: world.sites.count)
        inFlight = [Int32](repeating: 0, count: world.sites.count * world.addresses.count)
        closedUntil = [Int64](repeating: .min, count: inFlight.count)
    }

    /// - Returns: what was wrong with it, if anything.
    mutating func start(_ path: Int, site: Int, at now: Timestamp) -> (Breach, String)? {
        let moment = now.milliseconds
        inFlight[path] += 1
        var found: (Breach, String)?
        if closedUntil[path] > moment || siteClosedUntil[site] > moment { found = (.suspended, "a reply closed it") }
        var limit = connections[site]
        if let learned = learnedConnections[path], learned.until > moment { limit = min(limit, Int32(learned.value)) }
        if inFlight[path] > limit { found = (.connections, "\(inFlight[path]) at once, \(limit) allowed") }
        for index in rates[site].indices {
            if windows[path] == nil { windows[path] = rates[site].map(Window.init) }
            if windows[path]?[index].start(at: moment) == true { found = (.rate, "over \(rates[site][index])") }
        }
        if let learned = learnedWindows[path], learned.until > moment {
            if learnedWindows[path]?.value.start(at: moment) == true {
                found = (.rate, "over \(learned.value.rate), as a reply taught")
            }
        }
        return found
    }

    mutating func end(_ path: Int, site: Int, _ lessons: [Lesson], at now: Timestamp) {
        inFlight[path] -= 1
        for lesson in lessons where isBelieved(lesson, path, now) { learn(lesson, path, site, now) }
    }

    private mutating func learn(_ lesson: Lesson, _ path: Int, _ site: Int, _ now: Timestamp) {
        let until = (now + min(lesson.duration, Schedule.longestLesson)).milliseconds
        switch lesson.act {
        case .suspendPath, .switchAddress: closedUntil[path] = max(closedUntil[path], until)
        case .suspendSite: siteClosedUntil[site] = max(siteClosedUntil[site], until)
        case .connections(let count): learnedConnections[path] = Learned(value: max(1, count), until: until)
        case .rate(let messages, let seconds):
            guard let rate = Rate(messages: messages, period: seconds) else { return }
            if let present = learnedWindows[path], present.until > now.milliseconds, present.value.rate == rate {
                learnedWindows[path]?.until = until
            } else {
                learnedWindows[path] = Learned(value: Window(rate), until: until)
            }
        }
    }

    // An hour begins with the first reply of its kind.
    private mutating func isBelieved(_ lesson: Lesson, _ path: Int, _ now: Timestamp) -> Bool {
        guard lesson.threshold > 1 else { return true }
        let key = StrikeKey(path: path, rule: lesson.rule)
        var strike = strikes[key] ?? (0, now)
        if now - strike.since > 3600 { strike = (0, now) }
        strike.count += 1
        strikes[key] = strike.count >= lesson.threshold ? nil : strike
        return strike.count >= lesson.threshold
    }
}
