// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Glibc
import Queue
import Settings
import Simulator

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Play the queue's own code on virtual time against modelled receivers, and see that it keeps its limits.",
        discussion: """
            Schedule, shaping, warm-up and retries are the server's; senders, the spool, DNS and receivers are made up: \
            ready, slow, greylisting, throttling, down, mute, blocking one address. An observer recounts every limit. \
            The same seed gives the same result. The exit status is 1 where a promise was broken, 2 where the rules \
            cannot be read.
            """)

    @Option(help: "Recipients, each of a delivery of its own.")
    var recipients = 10_000_000

    @Option(
        help: "Receiving sites; their sizes follow Zipf's law, and the biggest bear the names of the rules' providers.")
    var sites = 20_000

    @Option(help: "Accounts; the first sends half of everything.")
    var accounts = 20

    @Option(help: "Where chance begins.")
    var seed: UInt64 = 1

    @Option(
        help:
            "Hours over which mail is accepted, but for that of warming addresses; most comes in the first ten minutes."
    )
    var hours = 3.0

    @Option(help: "Days over which addresses are warmed up.")
    var days = 46

    @Option(help: "A file of provider rules over the shipped ones, as delivery.provider-rules names it.")
    var rules: String?

    @Option(help: "How the answer is printed: text or json.")
    var output = "text"

    @Option(help: "Draw warm-up.svg, age.svg and throughput.svg into this directory.")
    var curves: String?

    @Flag(help: "Leave out of the answer what differs from run to run: time and memory.")
    var reproducible = false

    func validate() throws {
        guard ["text", "json"].contains(output) else { throw ValidationError("--output is text or json.") }
        if let fault = plan.fault { throw ValidationError(fault + ".") }
    }

    func run() throws {
        let simulation: Simulation
        do {
            simulation = Simulation(plan, rules: try loaded(), replies: try ReplyRulesFile.shipped())
        } catch {
            FileHandle.standardError.write(Data("postern: \(error)\n".utf8))
            throw ExitCode(2)
        }
        var (report, pictures) = simulation.run(Self.watch)
        if reproducible { report.measured = nil }
        print(output == "json" ? try Self.json(report) : report.text)
        if let curves { try draw(pictures, into: curves) }
        if !report.isSound { throw ExitCode(1) }
    }

    private var plan: SimulationPlan {
        var plan = SimulationPlan(recipients: recipients, sites: sites)
        plan.accounts = accounts
        plan.seed = seed
        plan.acceptance = hours * 3_600
        plan.warmingDays = days
        return plan
    }

    private func loaded() throws -> ProviderRules {
        guard let rules else { return try ProviderRulesFile.shipped() }
        guard let octets = FileManager.default.contents(atPath: rules) else {
            throw ConfigurationError("\(rules) cannot be read")
        }
        return try ProviderRulesFile.shipped(with: String(decoding: octets, as: UTF8.self), name: rules)
    }

    private func draw(_ pictures: [NamedCurve], into directory: String) throws {
        let place = URL(fileURLWithPath: directory, isDirectory: true)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for picture in pictures {
            try Data(picture.curve.svg.utf8).write(to: place.appendingPathComponent(picture.name))
        }
    }

    private static func json(_ report: SimulationReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        encoder.keyEncodingStrategy = .custom { path in Name(path.last?.stringValue ?? "") }
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }

    /// Names in answers begin with a capital, as AWS has it.
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name.prefix(1).uppercased() + name.dropFirst() }
        init(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }
}

// MARK: - The real world

extension Simulate {
    private static var watch: SimulationWatch {
        SimulationWatch(wall: { ProcessInfo.processInfo.systemUptime }, memory: residentMemory, progress: tell)
    }

    /// Octets; 0 where the system does not say.
    private static func residentMemory() -> Int {
        guard let line = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let numbers = line.split(separator: " ")
        return numbers.count < 2 ? 0 : (Int(numbers[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static let showsProgress = isatty(STDERR_FILENO) == 1

    // One line that is written over again and again, and taken away at the end.
    private static func tell(_ progress: SimulationProgress) {
        guard showsProgress else { return }
        let isOver = progress.ended == progress.recipients
        let share = progress.ended * 100 / max(1, progress.recipients)
        let line =
            isOver
            ? ""
            : "\(share) % ended, \(progress.waiting) waiting, virtual time \(Terminal.span(progress.virtualSeconds)), "
                + "\(progress.events) events"
        FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
    }
}
