// SPDX-License-Identifier: Apache-2.0

/// The report for people.
extension SimulationReport {
    package var text: String {
        var lines = [
            "simulated        \(Self.grouped(recipients)) recipients, \(Self.grouped(sites)) sites, "
                + "\(accounts) accounts, seed \(seed)",
            "virtual time     \(Self.time(virtualSeconds)), \(Self.grouped(events)) events",
        ]
        if let measured { lines += Self.lines(measured) }
        lines += [
            "accepted         \(Self.grouped(accepted))",
            "  delivered      \(Self.grouped(delivered))",
            "  bounced        \(Self.grouped(bounced))",
            "  expired        \(Self.grouped(expired))",
            "deferred tries   \(Self.grouped(deferredTries))",
            "peak waiting     \(Self.grouped(peakWaiting)) recipients in \(Self.grouped(peakLanes)) lanes",
            "fairness         " + fairText,
            "small accounts   " + Self.text(waits) + " to free sites",
            "  in calm        " + Self.text(calmWaits) + ", while they had no queue of their own",
        ]
        lines += breachLines
        lines += ["", "per manner of site"] + outcomeLines + ["", "hour   started/s  delivered/s"] + hourLines
        return lines.joined(separator: "\n")
    }

    private static func lines(_ measured: Measured) -> [String] {
        [
            "wall time        \(fixed(measured.wallSeconds, 1)) s, \(grouped(Int(measured.eventsPerSecond))) events/s",
            "memory           \(fixed(Double(measured.peakResidentOctets) / 1_048_576, 0)) MiB resident at most, "
                + "\(fixed(measured.octetsPerRecipient, 0)) octets a recipient at the peak",
        ]
    }

    private var fairText: String {
        guard let index = fairness.index else { return "no minute in which all accounts competed" }
        return "Jain index \(Self.fixed(index, 4)) over \(fairness.contendedMinutes) contended minutes, "
            + "\(Self.fixed(fairness.worstMinute, 4)) in the worst"
    }

    private static func text(_ wait: Wait) -> String {
        "wait p50 \(fixed(wait.p50, 3)) s, p99 \(fixed(wait.p99, 3)) s of \(grouped(wait.count))"
    }

    private var breachLines: [String] {
        let broken = breaches.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        if broken.isEmpty { return ["violations       none of \(breaches.count) kinds"] }
        return ["VIOLATIONS"] + broken.map { "  \(Self.padded($0.key, 14)) \(Self.grouped($0.value))" }
            + examples.map { "  e.g. \($0)" }
    }

    private var outcomeLines: [String] {
        let names = ["sites", "accepted", "tries", "delivered", "bounced", "deferred", "expired", "untried"]
        let head = Self.padded("", 13) + names.map { Self.right($0, 12) }.joined()
        return [head]
            + outcomes.map { row in
                let numbers = [
                    row.sites, row.accepted, row.tries, row.delivered, row.bounced, row.deferred, row.expired,
                    row.untried,
                ]
                return Self.padded("  " + row.manner, 13)
                    + numbers.map { Self.right(Self.grouped($0), 12) }.joined()
            }
    }

    // To the last in which a thousandth of all was begun; afterwards hardly anything but the warming mail goes.
    private var hourLines: [String] {
        let most = hours.reduce(0) { $0 + $1.started }
        let end = hours.lastIndex { $0.started * 1000 >= most } ?? 0
        return hours.prefix(end + 1).map { hour in
            Self.right(String(hour.hour), 4) + Self.right(Self.fixed(Double(hour.started) / 3600, 1), 12)
                + Self.right(Self.fixed(Double(hour.delivered) / 3600, 1), 13)
        }
    }

    // MARK: - Numbers

    static func grouped(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + text
    }

    static func fixed(_ value: Double, _ places: Int) -> String {
        let unit = (0..<places).reduce(1) { product, _ in product * 10 }
        let scaled = Int((value * Double(unit)).rounded())
        guard places > 0 else { return grouped(scaled) }
        let fraction = String(scaled.magnitude % UInt(unit))
        return (value < 0 ? "-" : "") + grouped(Int(scaled.magnitude) / unit) + "."
            + String(repeating: "0", count: places - fraction.count) + fraction
    }

    static func time(_ seconds: Double) -> String {
        let minutes = Int(seconds) / 60
        let (days, hours) = (minutes / 1440, minutes / 60 % 24)
        return days > 0 ? "\(days) d \(hours) h \(minutes % 60) min" : "\(hours) h \(minutes % 60) min"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
