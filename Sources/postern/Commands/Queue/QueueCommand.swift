// SPDX-License-Identifier: Apache-2.0

import AWSClient
import ArgumentParser
import Foundation
import Settings

/// The operator's hand on what waits.
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Look at the mail that waits, say why it waits, and act on it.",
        discussion: """
            A message to several domains is several deliveries: each waits, and goes, by itself. Without a subcommand this \
            is the summary.

              postern queue --config FILE                  how much waits, and where
              postern queue list --config FILE --site X    which deliveries wait
              postern queue explain --config FILE MESSAGE  why it waits, until when
              postern queue show --config FILE MESSAGE     what has happened to it

            Acts need a --reason, which stands in the record. The exit status is 1 where the answer is no: refused, not \
            known, nothing matched.
            """,
        subcommands: [
            QueueSummary.self, QueueList.self, QueueShow.self, QueueExplain.self, QueueHold.self, QueueRelease.self,
            QueueRetry.self, QueueReroute.self, QueueDrop.self, QueuePause.self, QueueResume.self, QueueDrain.self,
        ], defaultSubcommand: QueueSummary.self)
}

/// How an answer is printed.
enum OutputForm: String, ExpressibleByArgument, CaseIterable { case text, json }

/// Where to ask, and how the answer is printed.
struct AskingOptions: ParsableArguments {
    @OptionGroup var file: ConfigurationOption

    @Option(help: "How the answer is printed.")
    var output = OutputForm.text

    /// Prints the answer as it came, or for people.
    /// - Throws: `ExitCode` after the server's words are on standard error.
    @discardableResult
    func ask<Answer: Decodable>(
        _ operation: String, _ input: [String: Any], as type: Answer.Type, _ show: (Answer) -> Void
    ) async throws -> Answer {
        let body: Data
        do {
            body = try await file.ask(operation, input)
        } catch let failure as CallFailure {
            Terminal.complain(Self.words(failure))
            throw ExitCode(1)
        } catch let failure as URLError {
            Terminal.complain("the server does not answer: \(failure.localizedDescription)")
            throw ExitCode(1)
        }
        let answer = try Self.decoder.decode(Answer.self, from: body)
        switch output {
        case .json: print(Terminal.harmlessJSON(String(decoding: body, as: UTF8.self)))
        case .text: show(answer)
        }
        return answer
    }

    private static func words(_ failure: CallFailure) -> String {
        struct Refusal: Decodable {
            let message: String?
        }
        // Errors say `message` or `Message`.
        let refusal = try? decoder.decode(Refusal.self, from: Data(failure.description.utf8))
        return refusal?.message ?? failure.description
    }

    // Members are AWS names, ours begin with a small letter.
    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { MemberKey($0.last?.stringValue ?? "") }
        return decoder
    }
}

/// Which deliveries are meant: those that meet everything given.
struct SelectionOptions: ParsableArguments {
    @Option(help: "A message's id. May be repeated.")
    var message: [String] = []

    @Option(help: "A delivery's id. May be repeated.")
    var delivery: [Int] = []

    @Option(help: "Envelope sender: an address, or a domain.")
    var sender: String?

    @Option(help: "Site: a provider such as gmail, a site as the summary names it, or a recipient domain.")
    var site: String?

    @Option(help: "Account id.")
    var account: String?

    @Option(help: "Configuration set.")
    var configurationSet: String?

    @Option(help: "Pool, as ACCOUNT/NAME.")
    var pool: String?

    var wire: [String: Any] {
        var wire: [String: Any] = [:]
        if !message.isEmpty { wire["MessageIds"] = message }
        if !delivery.isEmpty { wire["DeliveryIds"] = delivery }
        for (name, value) in [
            ("Sender", sender), ("Site", site), ("AccountId", account), ("ConfigurationSet", configurationSet),
            ("Pool", pool),
        ] {
            if let value { wire[name] = value }
        }
        return wire
    }
}

private struct MemberKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name.prefix(1).lowercased() + name.dropFirst() }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}
