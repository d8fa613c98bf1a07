// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Settings

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say whether somebody may do something, and which statement decides.")

    @OptionGroup var file: ConfigurationOption

    @Option(help: "ARN of a user, role or group.")
    var principal: String

    @Option(help: "What is asked for, as policies name it.")
    var action = "ses:SendEmail"

    @Option(help: "ARN of what it is asked for.")
    var resource = "*"

    @Option(help: "A condition key with its values: ses:Recipients=a@example.com,b@example.com. May be repeated.")
    var context: [String] = []

    @Option(help: "How the answer is printed: text or json.")
    var output = "text"

    func run() async throws {
        let keys = try context.map { text -> [String: Any] in
            let halves = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard halves.count == 2 else { throw ValidationError("'\(text)' is not KEY=VALUE") }
            return ["Key": halves[0], "Values": halves[1].split(separator: ",").map(String.init)]
        }
        let body = try await file.ask(
            "ExplainAccess", ["Principal": principal, "Action": action, "Resource": resource, "Context": keys])
        let answer = try JSONSerialization.jsonObject(with: body) as? [String: Any] ?? [:]
        print(output == "json" ? String(decoding: body, as: UTF8.self) : answer["Explanation"] as? String ?? "")
        if answer["Decision"] as? String != "allowed" { throw ExitCode(1) }
    }
}
