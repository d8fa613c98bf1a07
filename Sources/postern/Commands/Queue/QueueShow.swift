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
            let at: Double
            let event: String
            let recipients: [String]
            let detail: String
            let attempt: Int?
            let peer: String?
            let address: String?
            let site: String?
            let tls: String?
            let cipher: String?
            let certificate: String?
            let tlsPolicy: String?
            let bounceType: String?
            let bounceSubType: String?
            let rule: String?
            let next: Double?
            let milliseconds: Int?
            let transcript: [String]?
        }
        let messageId: String
        let accountId: String
        let steps: [Step]
        let waiting: Int
    }

    func run() async throws {
        try await asking.ask("DescribeMessage", ["MessageId": message], as: Answer.self) { answer in
            print("message \(answer.messageId) of account \(answer.accountId)")
            for step in answer.steps { Self.show(step) }
            if answer.waiting == 0 {
                print("nothing of it waits")
            } else {
                let people = Terminal.count(answer.waiting, "recipient waits", "recipients wait")
                print("\(people): postern queue explain \(answer.messageId)")
            }
        }
    }

    private static func show(_ step: Answer.Step) {
        let colour: Terminal.Colour =
            switch step.event {
            case "delivered": .green
            case "deferred", "warned": .yellow
            case "bounced", "complained", "refused", "renderingFailed": .red
            default: .blue
            }
        let attempt = step.attempt.map { " (try \($0))" } ?? ""
        let event = Terminal.coloured(Terminal.harmless(step.event), colour)
        print("\(Terminal.moment(step.at))  \(event)\(attempt)  \(Terminal.harmless(step.detail))")
        for part in way(step) { print("    \(Terminal.harmless(part))") }
        for line in step.transcript ?? [] { print(Terminal.coloured("      \(Terminal.harmless(line))", .dim)) }
    }

    /// What is known of the way a try took, a line for each kind of thing.
    private static func way(_ step: Answer.Step) -> [String] {
        let to = step.recipients.isEmpty ? nil : "to \(step.recipients.joined(separator: ", "))"
        let way = [
            step.peer.map { "at \($0)" }, step.site.map { "site \($0)" }, step.address.map { "from \($0)" },
            step.milliseconds.map { "in \($0) ms" },
        ]
        let tls = [
            step.tls.map { "\($0) \(step.cipher ?? "")" } ?? (step.event == "delivered" ? "in clear" : nil),
            step.certificate.map { "certificate \($0)" },
            step.tlsPolicy.map { "policy \($0)" },
        ]
        let verdict = [
            step.bounceType.map { "\($0)/\(step.bounceSubType ?? "")" }, step.rule.map { "rule \($0)" },
            step.next.map { "next try \(Terminal.moment($0))" },
        ]
        let lines = [way, tls, verdict].map { $0.compactMap(\.self).joined(separator: ", ") }
        return ([to].compactMap(\.self) + lines).filter { !$0.isEmpty }
    }
}
