// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue

/// A picture and the file it belongs in.
package struct NamedCurve: Sendable {
    package let name: String
    package let curve: Curve
}

/// What was measured, drawn.
extension Tally {
    func curves(of report: SimulationReport) -> [NamedCurve] {
        [
            NamedCurve(name: "warm-up.svg", curve: warmUp(report)),
            NamedCurve(name: "age.svg", curve: age),
            NamedCurve(name: "throughput.svg", curve: throughput),
        ]
    }

    private func warmUp(_ report: SimulationReport) -> Curve {
        let days = Dictionary(grouping: report.warmUp, by: \.address)
        // What is allowed grows beyond what anybody sends; the picture ends a little above that.
        let most = Double(report.warmUp.map(\.sent).max() ?? 1) * 1.5
        let longest = days.values.max { $0.count < $1.count } ?? []
        let allowed = Curve.Line(
            name: "allowed", points: longest.map { (Double($0.day), min(Double($0.allowed), most)) })
        let sent = days.keys.sorted().map { address in
            Curve.Line(name: address, points: (days[address] ?? []).map { (Double($0.day), Double($0.sent)) })
        }
        return Curve(
            title: "Warm-up: messages a day from each address, and its schedule", xName: "day of the warm-up",
            yName: "messages", lines: [allowed] + sent)
    }

    private var age: Curve {
        let names = ["under 5 min", "5 to 20 min", "20 to 80 min", "80 to 320 min", "over 320 min"]
        let samples = ageSamples.prefix { $0.minute <= busyUntil }
        return Curve(
            title: "Waiting recipients by age", xName: "hours", yName: "recipients",
            lines: names.indices.map { index in
                Curve.Line(
                    name: names[index], points: samples.map { (Double($0.minute) / 60, Double($0.counts[index])) })
            })
    }

    private var throughput: Curve {
        let step = max(1, busyUntil / 240)
        let starting = Swift.stride(from: 0, to: busyUntil, by: step)
        func line(_ name: String, _ counts: [Int]) -> Curve.Line {
            Curve.Line(
                name: name,
                points: starting.map { minute in
                    let end = min(minute + step, counts.count)
                    return (
                        Double(minute) / 60,
                        Double(counts[minute..<end].reduce(0, +)) / Double(60 * max(1, end - minute))
                    )
                })
        }
        return Curve(
            title: "Throughput", xName: "hours", yName: "a second",
            lines: [line("tries begun", starts), line("delivered", deliveries)])
    }
}
