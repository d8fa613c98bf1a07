// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

struct QueueList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The deliveries that wait or are under way, oldest first.")

    @OptionGroup var asking: AskingOptions
    @OptionGroup var selection: SelectionOptions

    @Flag(help: "Only those that are held.")
    var held = false

    @Option(help: "How many, at most 1000 a call.")
    var limit = 100

    @Option(help: "The last call's token, for what comes after.")
    var after: String?

    struct Answer: Decodable {
        struct Delivery: Decodable {
            let deliveryId: Int64
            let messageId: String
            let sender: String
            let recipients: [String]
            let site: String?
            let destination: String
            let attempts: Int
            let acceptedAt: Double
            let lastReply: String?
            let heldBy: String?
            let holdReason: String?
        }
        let deliveries: [Delivery]
        let nextToken: String?
    }

    func run() async throws {
        var wire = selection.wire
        if held { wire["Held"] = true }
        var input: [String: Any] = ["Selection": wire, "MaxResults": limit]
        if let after { input["NextToken"] = after }
        try await asking.ask("ListDeliveries", input, as: Answer.self) { answer in
            guard !answer.deliveries.isEmpty else { return print("nothing waits that is meant by this") }
            print(Self.table(answer).text)
            if let token = answer.nextToken { print("there are more: --after \(token)") }
        }
    }

    private static func table(_ answer: Answer) -> Table {
        let now = Date().timeIntervalSince1970
        var table = Table([
            .init(name: "delivery", isNumber: true), .init(name: "message"), .init(name: "age", isNumber: true),
            .init(name: "tries", isNumber: true), .init(name: "site"), .init(name: "sender"),
            .init(name: "recipient"), .init(name: "last reply"),
        ])
        for delivery in answer.deliveries {
            let rest = delivery.recipients.count - 1
            table.add([
                "\(delivery.deliveryId)", delivery.messageId, Terminal.span(now - delivery.acceptedAt),
                "\(delivery.attempts)", delivery.site ?? delivery.destination,
                delivery.sender.isEmpty ? "<>" : delivery.sender,
                (delivery.recipients.first ?? "") + (rest > 0 ? " +\(rest)" : ""), last(delivery),
            ])
        }
        return table
    }

    private static func last(_ delivery: Answer.Delivery) -> String {
        guard delivery.heldBy != nil else { return delivery.lastReply ?? "" }
        return "held: \(delivery.holdReason ?? "")"
    }
}
