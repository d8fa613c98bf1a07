// SPDX-License-Identifier: Apache-2.0

import AWSWire
import ArgumentParser
import Foundation
import Operator

/// The addresses that mail leaves from.
struct PoolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool", abstract: "Look at the addresses mail leaves from, their limits and their warm-up.",
        discussion: "Without a subcommand this is the list.",
        subcommands: [PoolList.self, PoolWarmUp.self, PoolDrain.self, PoolUndrain.self],
        defaultSubcommand: PoolList.self)
}

struct PoolList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Every address and its ways, with each limit, the rule that set it, and until when.",
        discussion: """
            Below the addresses stand the ways: what is under way, the window of connections that the peer's behaviour \
            allows, the lanes (lines of mail) that wait for a slot, and each limit with its rule. A limit that a reply \
            taught shows for how long it still holds, and the reply.
            """)

    @OptionGroup var asking: AskingOptions

    @Option(help: "Ways to this site alone.")
    var site: String?

    @Option(help: "Ways from this address alone.")
    var ip: String?

    func run() async throws {
        var input: [String: Any] = [:]
        if let site { input["Site"] = site }
        if let ip { input["Ip"] = ip }
        try await asking.ask("DescribePools", input, as: PoolReport.self) { answer in
            showAddresses(answer.addresses)
            print("")
            showPaths(answer.paths)
            if answer.truncated { print("there are more: name a --site or an --ip") }
        }
    }

    private func showAddresses(_ addresses: [PoolReport.Address]) {
        var table = Table([
            .init(name: "address"), .init(name: "pool"), .init(name: "hostname"), .init(name: "warm-up"),
            .init(name: "sent today", isNumber: true), .init(name: "state"),
        ])
        for address in addresses {
            table.add([
                address.ip, address.pool ?? "-", address.hostname,
                address.warmupDay.map { "day \($0) of \(address.warmupDays)" } ?? "warm",
                address.allowedToday.map { "\(address.sentToday) of \($0)" } ?? "-",
                address.draining ? "draining" : "in use",
            ])
        }
        print(table.text)
    }

    private func showPaths(_ paths: [PoolReport.Path]) {
        let now = Date().timeIntervalSince1970
        var table = Table([
            .init(name: "site"), .init(name: "address"), .init(name: "under way", isNumber: true),
            .init(name: "window", isNumber: true), .init(name: "lanes", isNumber: true), .init(name: "limit"),
            .init(name: "rule"), .init(name: "for"), .init(name: "because"),
        ])
        for path in paths {
            for (index, limit) in path.limits.enumerated() {
                let start =
                    index > 0
                    ? ["", "", "", "", ""]
                    : [
                        path.site, path.ip, "\(path.underWay)", "\(path.connectionWindow)", "\(path.waitingLanes)",
                    ]
                table.add(
                    start + [
                        limit.limit, limit.rule, limit.until.map { Terminal.span($0.seconds - now) } ?? "",
                        limit.reply ?? "",
                    ])
            }
        }
        print(table.isEmpty ? "no site is known yet: nothing has been sent since the start" : table.text)
    }
}

struct PoolWarmUp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "warm-up", abstract: "The warm-up curve, and where each address stands on it.")

    @OptionGroup var asking: AskingOptions

    private static let width = 50

    func run() async throws {
        try await asking.ask("DescribePools", [:], as: PoolReport.self) { answer in
            guard let top = answer.warmupPlan.max(), top > 0 else { return print("no warm-up plan is in use") }
            // Each day's bar on a scale of powers: the last days are a thousand times the first.
            let scale = Double(Self.width) / log(Double(top) + 1)
            for (index, limit) in answer.warmupPlan.enumerated() {
                let bar = String(repeating: "█", count: max(1, Int(log(Double(limit) + 1) * scale)))
                let here = answer.addresses.filter { $0.warmupDay == index + 1 }
                let names = here.map { "\($0.ip) (\($0.sentToday) sent today)" }.joined(separator: ", ")
                let day = String(repeating: " ", count: index < 9 ? 1 : 0) + "\(index + 1)"
                let text = "day \(day) \(bar) \(limit)" + (names.isEmpty ? "" : "  ◀ \(names)")
                print(here.isEmpty ? text : Terminal.coloured(text, .green))
            }
            let warm = answer.addresses.filter { $0.warmupDay == nil }.map(\.ip)
            if !warm.isEmpty { print("warm: \(warm.joined(separator: ", "))") }
        }
    }
}

/// Taking one address out of use, or back.
struct DrainOptions: ParsableArguments {
    @OptionGroup var asking: AskingOptions

    @Argument(help: "The address.")
    var ip: String

    @Option(help: "Why; stands in the record.")
    var reason: String

    struct Answer: Decodable {
        let ip: String
        let draining: Bool
        let underWay: Int
    }

    func set(_ draining: Bool) async throws {
        let input: [String: Any] = ["Ip": ip, "Draining": draining, "Reason": reason]
        try await asking.ask("SetAddressDraining", input, as: Answer.self) {
            let state = $0.draining ? "draining" : "in use"
            print("\($0.ip) is \(state), \(Terminal.deliveries($0.underWay)) under way from it")
        }
    }
}

struct PoolDrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Let nothing new leave from an address; what is under way ends.")

    @OptionGroup var drain: DrainOptions

    func run() async throws { try await drain.set(true) }
}

struct PoolUndrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "undrain", abstract: "Use an address again.")

    @OptionGroup var drain: DrainOptions

    func run() async throws { try await drain.set(false) }
}
