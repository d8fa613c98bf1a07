// SPDX-License-Identifier: Apache-2.0

import Foundation
import Reports
import Settings
import Testing

/// The labelled corpus (Fixtures/README.md) against the shipped rules. Lines on which they disagree are printed and stay.
@Suite("Agreement with the corpus")
struct ReplyAgreementTests {
    private struct Line {
        let label: String
        let reply: String
        var bounce: String { label.split(separator: "/").prefix(2).joined(separator: "/") }
        var isSuppressing: Bool { label.hasPrefix("Permanent/") && label.hasSuffix("/recipient") }
    }

    private static func corpus() throws -> [Line] {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/replies", withExtension: "tsv"))
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { line in
                let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
                return Line(label: columns[0], reply: columns[1])
            }
    }

    @Test("the rules agree with the labels")
    func agreement() throws {
        let rules = try ReplyRulesFile.shipped()
        let lines = try Self.corpus()
        var (bounces, parties, wrongfulSuppressions) = (0, 0, 0)
        for line in lines {
            // Texts without a code are what a sending server writes into a report.
            let text = (try? ReplyText(parsing: line.reply)) ?? ReplyText(status: nil, diagnostic: line.reply)
            let verdict = rules.classify(text)
            let got = "\(verdict.bounce)/\(verdict.party.rawValue)"
            if verdict.bounce.description == line.bounce { bounces += 1 }
            if got == line.label { parties += 1 }
            if verdict.suppresses, !line.isSuppressing { wrongfulSuppressions += 1 }
            if got != line.label { print("want \(line.label) got \(got) by \(verdict.rule): \(line.reply)") }
        }
        let total = Double(lines.count)
        print(
            "\(lines.count) replies: \(Double(bounces) / total) with the bounce, \(Double(parties) / total) with the party"
        )
        #expect(lines.count > 1_000)
        #expect(Double(bounces) / total >= 0.97)
        #expect(Double(parties) / total >= 0.93)
        // What takes an address from a sender must be nearly always right.
        #expect(wrongfulSuppressions <= 3)
    }
}
