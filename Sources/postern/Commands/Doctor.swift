// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Operator

/// What is wrong with the running server, and what to do about it.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is wrong with the running server, and what to do about it.",
        discussion: """
            Every part is asked: ports, stores, the queue, the trail and its digests, and each sink with the reason of its \
            last failure. The exit status is 1 where anything is not as it should be.
            """)

    @OptionGroup var asking: AskingOptions

    func run() async throws {
        let report = try await asking.ask("DescribeHealth", [:], as: HealthReport.self) { show($0) }
        guard report.state == .ok else { throw ExitCode(1) }
    }

    private func show(_ report: HealthReport) {
        for part in report.parts {
            let name = [part.part, part.subject].compactMap(\.self).joined(separator: " ")
            let colour: Terminal.Colour =
                switch part.state {
                case .ok: .green
                case .degraded: .yellow
                case .failing: .red
                }
            let word = part.state.rawValue.padding(to: 8)
            print("\(Terminal.coloured(word, colour))  \(Terminal.harmless(name)): \(Terminal.harmless(part.detail))")
            if let advice = part.advice { print("          \(Terminal.harmless(advice))") }
        }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
