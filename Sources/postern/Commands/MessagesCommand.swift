// SPDX-License-Identifier: Apache-2.0

import AWSWire
import ArgumentParser
import Foundation
import Operator

/// What became of a message.
struct MessagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "messages", abstract: "Find messages that were accepted, and tell what became of each.",
        discussion: """
            Without a subcommand this is the search.

              postern messages --config FILE --recipient bob@example.com    the last day's messages to one address
              postern messages --config FILE --outcome bounced --since 7d   what bounced in the last seven days
              postern messages show --config FILE MESSAGE                   one message's whole story

            The exit status is 1 where the answer is no: refused, or not known.
            """,
        subcommands: [MessagesFind.self, MessagesShow.self], defaultSubcommand: MessagesFind.self)
}

struct MessagesFind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find", abstract: "Messages that meet everything given, the newest first.",
        discussion: """
            Without --since and --until these are the messages of the last 24 hours. One question may be about 31 days, \
            and a call looks through 20,000 messages at most: where there are more, the answer ends with what to give \
            as --after. A moment is 2026-11-24T14:03:07Z, a day such as 2026-11-24 (UTC), or a time ago: 90m, \
            12h, 7d. With --id no time is needed.
            """)

    @OptionGroup var asking: AskingOptions

    @Option(help: "A recipient's address, or a whole domain as @example.com.")
    var recipient: String?

    @Option(help: "The sender's address, of the header or the envelope, or a whole domain as @example.com.")
    var from: String?

    @Option(help: "A tag of the message, as NAME=VALUE. May be repeated: all must be there.")
    var tag: [String] = []

    @Option(
        help: """
            What some recipient met with: delivered, deferred, bounced, complained or renderingFailed. May be \
            repeated: all must be true.
            """)
    var outcome: [String] = []

    @Option(help: "Accepted at this moment or later (by default 24 hours before --until).")
    var since: GivenTime?

    @Option(help: "Accepted at this moment or earlier (by default now).")
    var until: GivenTime?

    @Option(help: "A message's id.")
    var id: String?

    @Option(help: "Account id; by default all accounts.")
    var account: String?

    @Option(help: "How many, at most 1000 a call.")
    var limit = 100

    @Option(help: "The last call's token, for what comes after.")
    var after: String?

    /// A moment as people write it.
    struct GivenTime: ExpressibleByArgument {
        let seconds: Double

        init?(argument text: String) {
            if let unit = text.last, let factor = ["s": 1.0, "m": 60, "h": 3_600, "d": 86_400]["\(unit)"],
                let count = UInt32(text.dropLast())
            {
                seconds = Date().timeIntervalSince1970 - Double(count) * factor
            } else if let date = (try? Date(text, strategy: .iso8601))
                ?? (try? Date(text, strategy: .iso8601.year().month().day()))
                ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
            {
                seconds = date.timeIntervalSince1970
            } else {
                return nil
            }
        }
    }

    func validate() throws {
        guard tag.allSatisfy({ $0.contains("=") }) else { throw ValidationError("A --tag is NAME=VALUE.") }
    }

    func run() async throws {
        try await asking.ask("SearchMessages", input, as: FoundMessages.self) { answer in
            if answer.messages.isEmpty {
                print("no message is found between \(Self.range(answer))")
            } else {
                print(Self.table(answer).text)
            }
            if let token = answer.nextToken { print("there are more: --after \(token)") }
            if answer.behind > 0 {
                let count = Terminal.count(Int(answer.behind), "fact is", "facts are")
                print(Terminal.coloured("\(count) not looked through yet", .yellow))
            }
        }
    }

    private var input: [String: Any] {
        var input: [String: Any] = ["MaxResults": limit]
        for (name, value) in [
            ("Recipient", recipient), ("Sender", from), ("MessageId", id), ("AccountId", account), ("NextToken", after),
        ] {
            if let value { input[name] = value }
        }
        if let since { input["StartTime"] = since.seconds }
        if let until { input["EndTime"] = until.seconds }
        if !outcome.isEmpty { input["Outcomes"] = outcome }
        if !tag.isEmpty {
            input["Tags"] = tag.map { tag in
                let parts = tag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return ["Name": String(parts[0]), "Value": String(parts.last ?? "")]
            }
        }
        return input
    }

    private static func range(_ answer: FoundMessages) -> String {
        "\(Terminal.moment(answer.startTime.seconds)) and \(Terminal.moment(answer.endTime.seconds))"
    }

    private static func table(_ answer: FoundMessages) -> Table {
        var table = Table([
            .init(name: "accepted"), .init(name: "message"), .init(name: "sender"), .init(name: "recipient"),
            .init(name: "outcome"), .init(name: "tags"),
        ])
        for message in answer.messages {
            let rest = message.recipients.count - 1
            table.add([
                Terminal.moment(message.at.seconds), message.messageId, message.sender,
                (message.recipients.first ?? "") + (rest > 0 ? " +\(rest)" : ""),
                message.outcomes.isEmpty ? "waiting" : message.outcomes.joined(separator: ", "),
                message.tags.map { "\($0.name)=\($0.value)" }.joined(separator: " "),
            ])
        }
        return table
    }
}

struct MessagesShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One message's story: how it came in, each try, how it ended, and what operators did.",
        discussion: "Beside each moment stands how long after the first step it was.")

    @OptionGroup var asking: AskingOptions

    @Argument(help: "The message's id.")
    var message: String

    func run() async throws { try await asking.show(message: message) }
}
