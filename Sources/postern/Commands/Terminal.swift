// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// How answers look to people: colours where somebody looks, plain text where a file does.
enum Terminal {
    enum Colour: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "36"
        case dim = "2"
        case bold = "1"
    }

    static let isTerminal = isatty(STDOUT_FILENO) == 1
    /// Nobody asked for plain text (`NO_COLOR`), and the output is a terminal.
    static let hasColours = isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil

    /// Columns of the terminal; nil where there is none, and lines may be as long as they are.
    static let width: Int? = {
        var size = winsize()
        guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return nil }
        return Int(size.ws_col)
    }()

    static func coloured(_ text: String, _ colour: Colour) -> String {
        hasColours ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Strangers' words: nothing in them may steer the terminal, or turn the order of what is shown.
    static func harmless(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isHarmful($0) ? "?" : $0 }))
    }

    /// JSON, with what could steer a terminal escaped: such octets occur inside its strings alone.
    static func harmlessJSON(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            guard isHarmful(scalar) else { return result.unicodeScalars.append(scalar) }
            for unit in String(scalar).utf16 { result += "\\u" + hexadecimal(unit) }
        }
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }

    private static func hexadecimal(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// `1 recipient`, `3 recipients`.
    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    static func deliveries(_ number: Int) -> String { count(number, "delivery", "deliveries") }

    /// `3 d 4 h`, `12 min`, `1 min 5 s`, `5 s`.
    static func span(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds.rounded(), 1e9)))
        switch whole {
        case 86_400...: return "\(whole / 86_400) d \(whole % 86_400 / 3_600) h"
        case 3_600...: return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
        case 600...: return "\(whole / 60) min"
        case 60...: return "\(whole / 60) min \(whole % 60) s"
        default: return "\(whole) s"
        }
    }

    /// `2026-11-24T14:03:07Z`.
    static func moment(_ seconds: Double) -> String { Date(timeIntervalSince1970: seconds).formatted(.iso8601) }

    /// One line for whoever waits for an answer that does not come.
    static func complain(_ text: String) {
        FileHandle.standardError.write(Data("postern: \(harmless(text))\n".utf8))
    }
}

/// Columns under their names, as wide as what stands in them. On a terminal the last one is cut where the line would break.
struct Table {
    struct Column {
        let name: String
        /// Numbers stand to the right.
        var isNumber = false
    }

    let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: [String]) { rows.append(cells.map(Terminal.harmless)) }

    var isEmpty: Bool { rows.isEmpty }

    var text: String {
        let all = [columns.map(\.name)] + rows
        let widths = columns.indices.map { column in
            all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        let lines = all.map { Self.cut(line($0, widths), to: Terminal.width) }
        return ([Terminal.coloured(lines[0], .bold)] + lines.dropFirst()).joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = columns.indices.map { column in
            let cell = column < cells.count ? cells[column] : ""
            let space = String(repeating: " ", count: max(0, widths[column] - cell.count))
            return columns[column].isNumber ? space + cell : cell + space
        }
        return String(padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }

    private static func cut(_ line: String, to width: Int?) -> String {
        guard let width, line.count > width else { return line }
        return line.prefix(width - 1) + "…"
    }
}
