// SPDX-License-Identifier: Apache-2.0

package import Mail

/// What a peer said in the course of one try, for people who ask later what happened.
///
/// Limits: 30 lines, of 300 octets each when written out. Where more was said the first 24 and the last 5 are kept, with
/// a line that says how many are not.
package struct Transcript: Hashable, Sendable {
    package static let maximumLines = 30
    package static let maximumLength = 300
    private static let maximumHead = 24
    private static let maximumTail = 5

    /// What a reply answers.
    package enum Step: Hashable, Sendable {
        case greeting, ehlo, helo, startTLS, reset, mail, data, content, quit
        /// The recipient's place, from 1.
        case recipient(Int)
        /// Nothing was asked.
        case unasked
    }

    private struct Entry: Hashable, Sendable {
        let milliseconds: Int
        let step: Step
        let reply: Reply
    }

    private var head: [Entry] = []
    private var tail: [Entry] = []
    private var omitted = 0

    package init() {}

    package var isEmpty: Bool { head.isEmpty }

    /// - Parameter milliseconds: since the try, or the part of it that is written down here, began.
    package mutating func record(_ reply: Reply, to step: Step, at milliseconds: Int) {
        let entry = Entry(milliseconds: milliseconds, step: step, reply: reply)
        guard head.count == Self.maximumHead else { return head.append(entry) }
        if tail.count == Self.maximumTail {
            tail.removeFirst()
            omitted += 1
        }
        tail.append(entry)
    }

    /// `12 RCPT 1: 250 2.1.5 ok`: milliseconds, what was answered, the reply.
    /// - Parameter offset: milliseconds that had passed when this part of the try began.
    package func lines(offset: Int = 0) -> [String] {
        var lines: [String] = []
        lines.reserveCapacity(head.count + tail.count + 1)
        for entry in head { lines.append(Self.line(entry, offset)) }
        if omitted > 0 { lines.append("… \(omitted) more") }
        for entry in tail { lines.append(Self.line(entry, offset)) }
        return lines
    }

    private static func line(_ entry: Entry, _ offset: Int) -> String {
        cut("\(entry.milliseconds + offset) \(entry.step): \(entry.reply)")
    }

    /// A text of at most so many octets, cut between characters.
    package static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumLength else { return text }
        let mark = "…"
        var end = text.utf8.index(text.startIndex, offsetBy: maximumLength - mark.utf8.count)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return text[..<end] + mark
    }
}

extension Transcript.Step: CustomStringConvertible {
    /// The command, or where it was none, what it was.
    package var description: String {
        switch self {
        case .greeting: "greeting"
        case .ehlo: "EHLO"
        case .helo: "HELO"
        case .startTLS: "STARTTLS"
        case .reset: "RSET"
        case .mail: "MAIL"
        case .recipient(let place): "RCPT \(place)"
        case .data: "DATA"
        case .content: "."
        case .quit: "QUIT"
        case .unasked: "unasked"
        }
    }
}
