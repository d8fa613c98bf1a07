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
            let site: String
            let total: Int
            let counts: [Int]
        }
        let minutes: [Int]
        let rows: [Row]
        let total: Int
        let underWay: Int
        let forgotten: Int
        let onHold: Bool
        let draining: Bool
    }

    func run() async throws {
        try await asking.ask("DescribeQueue", ["MaxResults": top], as: Answer.self) { answer in
            if answer.rows.isEmpty {
                print("nothing waits")
            } else {
                print(Self.table(answer).text)
                print("\(Terminal.deliveries(answer.total)), \(answer.underWay) under way")
            }
            if answer.onHold { print(Terminal.coloured("the queue is on hold: nothing starts", .yellow)) }
            if answer.draining { print(Terminal.coloured("this node is drained: nothing new starts", .yellow)) }
            if answer.forgotten > 0 {
                let count = Terminal.deliveries(answer.forgotten)
                print(Terminal.coloured("\(count) in no legal state: see the log", .red))
            }
        }
    }

    private static func table(_ answer: Answer) -> Table {
        let ages = answer.minutes.map { "<\($0)" } + ["\(answer.minutes.last ?? 0)+"]
        var table = Table(
            [.init(name: "site"), .init(name: "total", isNumber: true)] + ages.map { .init(name: $0, isNumber: true) })
        for row in answer.rows {
            table.add([row.site, "\(row.total)"] + row.counts.map { $0 == 0 ? "." : "\($0)" })
        }
        return table
    }
}
