// SPDX-License-Identifier: Apache-2.0

/// What a reply teaches when it looks like this.
package struct TeachingRule: Hashable, Sendable {
    package let name: String
    /// Reply codes by their first digits: `421`, `4`; none for any.
    package let codes: [String]
    /// Enhanced status codes by their first parts: `4.7.28`, `5.7`; none for any.
    package let statuses: [String]
    /// One of these must occur in the text; none for any text.
    package let phrases: [ReplyPhrase]
    package let act: Lesson.Act
    /// Seconds that the lesson holds.
    package let duration: Double
    /// So many such replies within an hour, on one path, before it is believed.
    package let threshold: Int

    package init(
        name: String, codes: [String] = [], statuses: [String] = [], phrases: [ReplyPhrase] = [], act: Lesson.Act,
        duration: Double, threshold: Int = 1
    ) {
        self.name = name
        self.codes = codes
        self.statuses = statuses
        self.phrases = phrases
        self.act = act
        self.duration = duration
        self.threshold = threshold
    }

    func matches(_ reply: ReplyReading) -> Bool {
        (codes.isEmpty || codes.contains { reply.code.hasPrefix($0) })
            && (statuses.isEmpty || statuses.contains { reply.isStatus(within: $0) })
            && (phrases.isEmpty || phrases.contains { $0.occurs(in: reply.text) })
    }
}

/// A reply made ready to be compared with many rules: one that is too long is read as far as the limit.
struct ReplyReading {
    static let longest = 4_096

    let code: String
    let status: String
    /// In lower case, where it is ASCII.
    let text: [UInt8]

    init(code: Int, status: String, text: String) {
        self.code = String(code)
        self.status = status
        self.text = text.utf8.prefix(Self.longest).map(ReplyPhrase.lowered)
    }

    func isStatus(within rule: String) -> Bool { status == rule || status.hasPrefix(rule + ".") }
}

/// Words that a reply may hold: letter case does not count, and `*` stands for anything between two parts.
///
/// The parts are looked for one after the other, each where the last one ended, and each by Knuth, Morris and Pratt's way:
/// a phrase costs time in proportion to the text, whatever either holds.
package struct ReplyPhrase: Hashable, Sendable, CustomStringConvertible {
    package static let longest = 500

    package let description: String
    private let parts: [Part]

    /// - Returns: nil for a phrase without a letter in it, which would match everything, and for one that is too long.
    package init?(_ text: String) {
        description = text
        guard text.utf8.count <= Self.longest else { return nil }
        parts = text.utf8.split(separator: UInt8(ascii: "*")).map { Part($0.map(Self.lowered)) }
        guard !parts.isEmpty else { return nil }
    }

    /// - Parameter text: in lower case.
    func occurs(in text: [UInt8]) -> Bool {
        var start = 0
        for part in parts {
            guard let end = part.end(in: text, from: start) else { return false }
            start = end
        }
        return true
    }

    static func lowered(_ octet: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet) ? octet | 0x20 : octet
    }

    private struct Part: Hashable, Sendable {
        let octets: [UInt8]
        /// How much of the beginning stands at the end of each beginning: where to go on after a difference.
        let borders: [Int]

        init(_ octets: [UInt8]) {
            self.octets = octets
            var borders = [Int](repeating: 0, count: octets.count)
            var length = 0
            for place in octets.indices.dropFirst() {
                while length > 0, octets[place] != octets[length] { length = borders[length - 1] }
                if octets[place] == octets[length] { length += 1 }
                borders[place] = length
            }
            self.borders = borders
        }

        func end(in text: [UInt8], from start: Int) -> Int? {
            var length = 0
            var place = start
            while place < text.count {
                while length > 0, text[place] != octets[length] { length = borders[length - 1] }
                if text[place] == octets[length] { length += 1 }
                place += 1
                if length == octets.count { return place }
            }
            return nil
        }
    }
}
