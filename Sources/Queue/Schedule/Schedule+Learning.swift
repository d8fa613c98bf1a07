// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What tries show of their paths.
extension Schedule {
    /// Seconds of a first suspension at most, and of any.
    private static let firstSuspension = 60.0
    private static let longestSuspension = 600.0
    /// No lesson holds longer than this, whatever a rules file says.
    package static let longestLesson = 30.0 * 86_400

    mutating func learn(_ report: PathReport, _ path: Int32, retryAt: Timestamp?, _ now: Timestamp) {
        let site = ways[paths[path].way].site
        switch report.result {
        case .open:
            paths[path].isProven = true
            prove(site)
            paths[path].concurrency.succeeded(maximum: sites[site].limits.connections.value)
        case .unreachable(let reply):
            paths[path].isProven = false
            if paths[path].concurrency.failed() { suspend(path, reply, retryAt: retryAt, now) }
        case .untried: break
        }
        for lesson in report.lessons.prefix(8) where paths[path].believes(lesson, at: now) { apply(lesson, path, now) }
    }

    // Somebody is there, whichever address asks: but for those that found nobody themselves.
    private mutating func prove(_ site: Int32) {
        for way in sites[site].ways {
            for path in ways[way].paths where paths[path].concurrency.deaths == 0 { paths[path].isProven = true }
        }
    }

    // Longer each time that nobody is found, but in proportion to how soon its mail would be tried again by itself.
    private mutating func suspend(_ path: Int32, _ reply: String, retryAt: Timestamp?, _ now: Timestamp) {
        let first = min(Self.firstSuspension, max(1, (retryAt ?? .init(milliseconds: .max)) - now))
        let growth = Double(1 << min(paths[path].concurrency.deaths - 1, 10))
        let delay = min(first * growth, first * 10, Self.longestSuspension)
        let shaken = delay * (1 + Double(random() % 1000) / 5000)
        let closure = Closure(kind: .unreachable, until: now + shaken, rule: "feedback", reply: Self.words(reply))
        if let present = paths[path].closure, present.until > closure.until { return }
        paths[path].closure = closure
        keep(.closed(.unreachable), of: path, until: closure.until, closure.rule, closure.reply)
    }

    private mutating func apply(_ lesson: Lesson, _ path: Int32, _ now: Timestamp) {
        guard lesson.duration > 0 else { return }
        let until = now + min(lesson.duration, Self.longestLesson)
        let reply = Self.words(lesson.reply)
        switch lesson.act {
        case .suspendPath: close(path, .suspended, until, lesson.rule, reply)
        case .switchAddress: close(path, .blocked, until, lesson.rule, reply)
        case .suspendSite:
            let site = ways[paths[path].way].site
            if let present = sites[site].closure, present.until > until { return }
            sites[site].closure = Closure(kind: .suspended, until: until, rule: lesson.rule, reply: reply)
            learned.append(
                KeptLesson(
                    address: nil, site: sites[site].name, act: .closed(.suspended), until: until, rule: lesson.rule,
                    reply: reply))
        case .connections(let count):
            paths[path].connections = .init(value: max(1, count), until: until, rule: lesson.rule, reply: reply)
            keep(.connections(max(1, count)), of: path, until: until, lesson.rule, reply)
        case .rate(let messages, let seconds):
            guard let rate = Rate(messages: messages, period: seconds) else { return }
            let bucket = paths[path].bucket?.value.changed(to: rate, at: now) ?? Bucket(rate)
            paths[path].bucket = .init(value: bucket, until: until, rule: lesson.rule, reply: reply)
            keep(.rate(rate), of: path, until: until, lesson.rule, reply)
        }
    }

    private mutating func close(
        _ path: Int32, _ kind: Closure.Kind, _ until: Timestamp, _ rule: String, _ reply: String
    ) {
        if let present = paths[path].closure, present.until > until { return }
        paths[path].closure = Closure(kind: kind, until: until, rule: rule, reply: reply)
        keep(.closed(kind), of: path, until: until, rule, reply)
    }

    private mutating func keep(
        _ act: KeptLesson.Act, of path: Int32, until: Timestamp, _ rule: String, _ reply: String
    ) {
        learned.append(
            KeptLesson(
                address: addresses[Int(paths[path].address)].value.egress.address ?? "",
                site: sites[ways[paths[path].way].site].name, act: act, until: until, rule: rule, reply: reply))
    }

    private static func words(_ reply: String) -> String { reply.utf8.count <= 500 ? reply : String(reply.prefix(500)) }

    // MARK: - Over a restart

    /// What was learned since the last call: to be written down.
    package mutating func takeLearned() -> [KeptLesson] {
        defer { learned = [] }
        return learned
    }

    /// What was learned, and sent by addresses that are warming up, before a restart.
    package mutating func restore(_ lessons: [KeptLesson], _ departures: [Departure], at now: Timestamp) {
        for lesson in lessons where lesson.until > now {
            restoredLessons[lesson.site, default: []].append(lesson)
        }
        restored = departures.filter { $0.day == now.day }
        for address in addresses.indices { restore(address: address) }
        for site in 0..<sites.end where !sites[site].isVacant { recall(site: site, now) }
        for path in 0..<paths.end where !paths[path].isVacant { recall(path, now) }
    }

    mutating func restore(address: Int) {
        let name = addresses[address].value.egress.address ?? ""
        for departure in restored where departure.address == name {
            addresses[address].turnDay(departure.day)
            addresses[address].sent += departure.messages
            addresses[address].sentBySite[departure.site, default: 0] += departure.messages
        }
        restored.removeAll { $0.address == name }
    }

    mutating func recall(site: Int32, _ now: Timestamp) {
        for lesson in restoredLessons[sites[site].name] ?? [] where lesson.address == nil && lesson.until > now {
            if case .closed(let kind) = lesson.act {
                sites[site].closure = Closure(kind: kind, until: lesson.until, rule: lesson.rule, reply: lesson.reply)
            }
        }
    }

    mutating func recall(_ path: Int32, _ now: Timestamp) {
        let name = addresses[Int(paths[path].address)].value.egress.address ?? ""
        for lesson in restoredLessons[sites[ways[paths[path].way].site].name] ?? []
        where lesson.address == name && lesson.until > now {
            switch lesson.act {
            case .closed(let kind):
                paths[path].closure = Closure(kind: kind, until: lesson.until, rule: lesson.rule, reply: lesson.reply)
            case .connections(let count):
                paths[path].connections = .init(
                    value: count, until: lesson.until, rule: lesson.rule, reply: lesson.reply)
            case .rate(let rate):
                paths[path].bucket = .init(
                    value: Bucket(rate), until: lesson.until, rule: lesson.rule, reply: lesson.reply)
            }
        }
    }

    /// Takes back what was learned of a site: the next try will show.
    package mutating func forgive(site name: String, at now: Timestamp) {
        restoredLessons[name] = nil
        guard let site = sitePlaces[name] else { return }
        sites[site].closure = nil
        for way in sites[site].ways {
            for path in ways[way].paths {
                paths[path].closure = nil
                paths[path].connections = nil
                paths[path].bucket = nil
            }
            pump(way, now)
        }
    }
}
