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
            let destination: String
            let recipients: [String]
            let explanation: String
            let until: Double?
            let ahead: Int?
            let advice: String
        }
        let messageId: String
        let waiting: [Reason]
    }

    func run() async throws {
        try await asking.ask("ExplainDelivery", ["MessageId": message], as: Answer.self) { answer in
            if answer.waiting.isEmpty {
                print("nothing of \(answer.messageId) waits: postern queue show \(answer.messageId)")
            }
            for reason in answer.waiting { Self.show(reason) }
        }
    }

    private static func show(_ reason: Answer.Reason) {
        let count = reason.recipients.count
        let people =
            count == 1
            ? reason.recipients[0] : "\(Terminal.count(count, "recipient", "recipients")) at \(reason.destination)"
        print(Terminal.coloured(Terminal.harmless(people), .bold))
        let wait = reason.until.map { until in
            " for \(Terminal.span(until - Date().timeIntervalSince1970)) until \(Terminal.moment(until))"
        }
        let line = (reason.ahead ?? 0) > 0 ? "; \(reason.ahead ?? 0) before it in its line" : ""
        print("  waiting\(wait ?? ""): \(Terminal.harmless(reason.explanation))\(line)")
        print(Terminal.coloured("  what helps: \(Terminal.harmless(reason.advice))", .dim))
    }
}
