// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

struct QueueExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why a message has not gone yet: what it waits for, until when, by which rule.",
        discussion: "The causes, and what helps with each, are in docs/operating/queue.md.")

    @OptionGroup var asking: AskingOptions

    @Argument(help: "The message's id.")
    var message: String

    struct Answer: Decodable {
        struct Reason: Decodable {
            let Destination: String
            let Recipients: [String]
            let Explanation: String
            let Until: Double?
            let Ahead: Int?
            let Advice: String
        }
        let MessageId: String
        let Waiting: [Reason]
    }

    func run() async throws {
        try await asking.ask("ExplainDelivery", ["MessageId": message], as: Answer.self) { answer in
            if answer.Waiting.isEmpty {
                print("nothing of \(answer.MessageId) waits: postern queue show \(answer.MessageId)")
            }
            for reason in answer.Waiting { Self.show(reason) }
        }
    }

    private static func show(_ reason: Answer.Reason) {
        let count = reason.Recipients.count
        let people =
            count == 1
            ? reason.Recipients[0] : "\(Terminal.count(count, "recipient", "recipients")) at \(reason.Destination)"
        print(Terminal.coloured(Terminal.harmless(people), .bold))
        let wait = reason.Until.map { until in
            " for \(Terminal.span(until - Date().timeIntervalSince1970)) until \(Terminal.moment(until))"
        }
        let line = (reason.Ahead ?? 0) > 0 ? "; \(reason.Ahead ?? 0) before it in its line" : ""
        print("  waiting\(wait ?? ""): \(Terminal.harmless(reason.Explanation))\(line)")
        print(Terminal.coloured("  what helps: \(Terminal.harmless(reason.Advice))", .dim))
    }
}
