// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct QueueSummary: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary", abstract: "How much waits for each site, by age in minutes.",
        discussion: """
            The columns are ages: under 5 minutes, 5 to 10, 10 to 20, …; the last one is everything older.
            """)

    @OptionGroup var asking: AskingOptions

    @Option(help: "How many sites are named; the others are one row.")
    var top = 20

    struct Answer: Decodable {
        struct Row: Decodable {
            let Site: String
            let Total: Int
            let Counts: [Int]
        }
        let Minutes: [Int]
        let Rows: [Row]
        let Total: Int
        let UnderWay: Int
        let Forgotten: Int
        let OnHold: Bool
        let Draining: Bool
    }

    func run() async throws {
        try await asking.ask("DescribeQueue", ["MaxResults": top], as: Answer.self) { answer in
            if answer.Rows.isEmpty {
                print("nothing waits")
            } else {
                print(Self.table(answer).text)
                print("\(Terminal.deliveries(answer.Total)), \(answer.UnderWay) under way")
            }
            if answer.OnHold { print(Terminal.coloured("the queue is on hold: nothing starts", .yellow)) }
            if answer.Draining { print(Terminal.coloured("this node is drained: nothing new starts", .yellow)) }
            if answer.Forgotten > 0 {
                let count = Terminal.deliveries(answer.Forgotten)
                print(Terminal.coloured("\(count) in no legal state: see the log", .red))
            }
        }
    }

    private static func table(_ answer: Answer) -> Table {
        let ages = answer.Minutes.map { "<\($0)" } + ["\(answer.Minutes.last ?? 0)+"]
        var table = Table(
            [.init(name: "site"), .init(name: "total", isNumber: true)] + ages.map { .init(name: $0, isNumber: true) })
        for row in answer.Rows {
            table.add([row.Site, "\(row.Total)"] + row.Counts.map { $0 == 0 ? "." : "\($0)" })
        }
        return table
    }
}
