// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct QueueShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One message's story: each try, what the peer said, how it was protected, and what operators did.")

    @OptionGroup var asking: AskingOptions

    @Argument(help: "The message's id.")
    var message: String

    struct Answer: Decodable {
        struct Step: Decodable {
            let At: Double
            let Event: String
            let Recipients: [String]
            let Detail: String
            let Attempt: Int?
            let Peer: String?
            let Address: String?
            let Site: String?
            let Tls: String?
            let Cipher: String?
            let Certificate: String?
            let TlsPolicy: String?
            let BounceType: String?
            let BounceSubType: String?
            let Rule: String?
            let Next: Double?
            let Milliseconds: Int?
            let Transcript: [String]?
        }
        let MessageId: String
        let AccountId: String
        let Steps: [Step]
        let Waiting: Int
    }

    func run() async throws {
        try await asking.ask("DescribeMessage", ["MessageId": message], as: Answer.self) { answer in
            print("message \(answer.MessageId) of account \(answer.AccountId)")
            for step in answer.Steps { Self.show(step) }
            if answer.Waiting == 0 {
                print("nothing of it waits")
            } else {
                let people = Terminal.count(answer.Waiting, "recipient waits", "recipients wait")
                print("\(people): postern queue explain \(answer.MessageId)")
            }
        }
    }

    private static func show(_ step: Answer.Step) {
        let colour: Terminal.Colour =
            switch step.Event {
            case "delivered": .green
            case "deferred", "warned": .yellow
            case "bounced", "complained", "refused", "renderingFailed": .red
            default: .blue
            }
        let attempt = step.Attempt.map { " (try \($0))" } ?? ""
        let event = Terminal.coloured(Terminal.harmless(step.Event), colour)
        print("\(Terminal.moment(step.At))  \(event)\(attempt)  \(Terminal.harmless(step.Detail))")
        for part in way(step) { print("    \(Terminal.harmless(part))") }
        for line in step.Transcript ?? [] { print(Terminal.coloured("      \(Terminal.harmless(line))", .dim)) }
    }

    /// What is known of the way a try took, a line for each kind of thing.
    private static func way(_ step: Answer.Step) -> [String] {
        let to = step.Recipients.isEmpty ? nil : "to \(step.Recipients.joined(separator: ", "))"
        let way = [
            step.Peer.map { "at \($0)" }, step.Site.map { "site \($0)" }, step.Address.map { "from \($0)" },
            step.Milliseconds.map { "in \($0) ms" },
        ]
        let tls = [
            step.Tls.map { "\($0) \(step.Cipher ?? "")" } ?? (step.Event == "delivered" ? "in clear" : nil), step.Certificate.map { "certificate \($0)" },
            step.TlsPolicy.map { "policy \($0)" },
        ]
        let verdict = [
            step.BounceType.map { "\($0)/\(step.BounceSubType ?? "")" }, step.Rule.map { "rule \($0)" },
            step.Next.map { "next try \(Terminal.moment($0))" },
        ]
        let lines = [way, tls, verdict].map { $0.compactMap(\.self).joined(separator: ", ") }
        return ([to].compactMap(\.self) + lines).filter { !$0.isEmpty }
    }
}
