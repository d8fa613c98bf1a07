// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Operator

extension AskingOptions {
    /// Prints a message's story, oldest first, each step with its time since the first.
    func show(message: String) async throws {
        try await ask("DescribeMessage", ["MessageId": message], as: MessageStory.self) { story in
            print("message \(story.messageId) of account \(story.accountId)")
            let start = story.steps.first?.at.seconds ?? 0
            for step in story.steps { StoryStep(step: step, start: start).show() }
            if story.waiting == 0 {
                print("nothing of it waits")
            } else {
                let people = Terminal.count(story.waiting, "recipient waits", "recipients wait")
                print("\(people): postern queue explain \(story.messageId)")
            }
        }
    }
}

/// One step of a story, for people.
private struct StoryStep {
    let step: MessageStory.Step
    /// When the story began, in seconds since 1970.
    let start: Double

    func show() {
        let attempt = step.attempt.map { " (try \($0))" } ?? ""
        let event = Terminal.coloured(Terminal.harmless(step.event), colour)
        let moment = "\(Terminal.moment(step.at.seconds)) \(Self.offset(step.at.seconds - start))"
        print("\(moment)  \(event)\(attempt)  \(Terminal.harmless(step.detail))")
        for part in way { print("    \(Terminal.harmless(part))") }
        for line in step.transcript ?? [] { print(Terminal.coloured("      \(Terminal.harmless(line))", .dim)) }
    }

    private var colour: Terminal.Colour {
        switch step.event {
        case "delivered": .green
        case "deferred", "warned": .yellow
        case "bounced", "complained", "refused", "renderingFailed": .red
        default: .blue
        }
    }

    /// `+0.250 s`, `+12 min`.
    private static func offset(_ seconds: Double) -> String {
        guard seconds < 60 else { return "+\(Terminal.span(seconds))" }
        let milliseconds = Int((max(0, seconds) * 1000).rounded())
        let rest = "\(milliseconds % 1000)"
        return "+\(milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest) s"
    }

    /// What is known of the way it took, a line for each kind of thing.
    private var way: [String] {
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
            step.next.map { "next try \(Terminal.moment($0.seconds))" },
        ]
        let lines = [way, tls, verdict].map { $0.compactMap(\.self).joined(separator: ", ") }
        return ([to, request].compactMap(\.self) + lines).filter { !$0.isEmpty }
    }

    private var request: String? {
        step.request.map { request in
            let parts = [
                "\(request.operation) \(request.requestId)", request.agent.isEmpty ? nil : "by \(request.agent)",
                request.accessKeyId.map { "key \($0)" }, request.tls ?? "in clear", request.cipher,
            ]
            return parts.compactMap(\.self).joined(separator: ", ")
        }
    }
}
