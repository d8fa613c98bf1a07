// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail

/// Bounces of servers that write to people only: qmail (QSBMF) and older Exim.
enum PlainTextBounce {
    private static let maximumLines = 2_000

    static func parse(_ report: ReportParts) -> DSN? {
        guard let part = report.text else { return nil }
        let lines = part.decoded.split(separator: 10, maxSplits: maximumLines, omittingEmptySubsequences: false)
            .prefix(maximumLines).map { String(decoding: $0.last == 13 ? $0.dropLast() : $0, as: UTF8.self) }
        if lines.contains(where: { $0.hasPrefix("Hi. This is the") }) { return qmail(lines) }
        if let failed = report.root.header.first("X-Failed-Recipients")?.value { return exim(failed, lines) }
        return nil
    }

    // Hi. This is the qmail-send program at HOST. … <RECIPIENT>: LF reason … --- Below this line is a copy …
    private static func qmail(_ lines: [String]) -> DSN {
        let end = lines.firstIndex { $0.hasPrefix("---") } ?? lines.endIndex
        let host = lines.first { $0.hasPrefix("Hi. This is the") }?.split(separator: " at ").last
            .map { String($0.prefix { $0 != " " }).trimmingDots }
        var recipients: [DSN.Recipient] = []
        for paragraph in lines[..<end].split(whereSeparator: \.isEmpty) {
            guard let first = paragraph.first, first.hasPrefix("<"), first.hasSuffix(">:"), first.count > 3,
                recipients.count < DSN.maximumRecipients
            else { continue }
            let words = paragraph.dropFirst().joined(separator: " ")
            recipients.append(
                .init(
                    finalRecipient: String(first.dropFirst().dropLast(2)), action: .failed,
                    status: ReplyText(status: nil, diagnostic: words).status, diagnostic: words))
        }
        let copy = lines[end...].dropFirst().joined(separator: "\n").drop { $0 == "\n" }
        return DSN(
            reportingMTA: host, recipients: recipients,
            returned: fields(copy.hasPrefix("Return-Path") ? copy : copy.drop { $0 == "\n" }))
    }

    // X-Failed-Recipients: a@example.com, …; in the text "  a@example.com", then indented lines with the reason
    private static func exim(_ failed: String, _ lines: [String]) -> DSN {
        let addresses = failed.split(separator: ",").prefix(DSN.maximumRecipients).map { $0.filter { $0 != " " } }
        let recipients = addresses.filter { $0.contains("@") }.map { address in
            let start = lines.firstIndex { $0.filter { $0 != " " } == address }
            let reason = start.map { lines[($0 + 1)...].prefix { $0.hasPrefix("  ") }.prefix(20) } ?? []
            let words = reason.map { $0.drop { $0 == " " } }.joined(separator: " ")
            return DSN.Recipient(
                finalRecipient: address, action: .failed, status: ReplyText(status: nil, diagnostic: words).status,
                diagnostic: words.isEmpty ? nil : words)
        }
        let copy = lines.firstIndex { $0.hasPrefix("------ This is a copy") || $0.hasPrefix("------ The body") }
        let after = copy.map { lines[($0 + 1)...].drop(while: \.isEmpty).joined(separator: "\n") } ?? ""
        return DSN(reportingMTA: nil, recipients: recipients, returned: fields(after[...]))
    }

    private static func fields(_ text: Substring) -> ReportFields {
        ReportFields.groups(Array(text.utf8), limit: 1).first ?? ReportFields([])
    }
}

extension String {
    fileprivate var trimmingDots: String { String(reversed().drop { $0 == "." || $0 == "," }.reversed()) }
}
