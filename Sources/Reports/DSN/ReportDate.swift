// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Dates in reports: `Date` of RFC 5322 §3.3, which Arrival-Date and Last-Attempt-Date follow.
package enum ReportDate {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// Nil for what is no date between 1970 and 9999.
    package static func parse(_ text: String) -> Timestamp? {
        // date-time = [ day-of-week "," ] day month year hour ":" minute [ ":" second ] zone
        var words = text.prefix(100).split { $0 == " " || $0 == "\t" || $0 == "," }.map { $0.lowercased() }
        if words.first.map({ Int($0) == nil }) ?? false { words.removeFirst() }
        guard words.count >= 4, let day = Int(words[0]), (1...31).contains(day),
            let month = months.firstIndex(of: String(words[1].prefix(3))), let year = Int(words[2]),
            (1970...9999).contains(year)
        else { return nil }
        let clock = words[3].split(separator: ":").map { Int($0) ?? -1 }
        guard (2...3).contains(clock.count), (0...23).contains(clock[0]), (0...59).contains(clock[1]),
            (0...60).contains(clock.count == 3 ? clock[2] : 0)
        else { return nil }
        let seconds = clock[0] * 3600 + clock[1] * 60 + (clock.count == 3 ? clock[2] : 0)
        let offset = zone(words.count > 4 ? words[4] : "+0000")
        return Timestamp(seconds: Int64(days(year, month + 1, day) * 86_400 + seconds - offset))
    }

    // zone = ("+" / "-") 4DIGIT; names of zones mean what they did in 1982 or nothing (RFC 5322 §4.3)
    private static func zone(_ word: String) -> Int {
        let named = ["est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7]
        if let hours = named[word] { return hours * 3600 }
        guard word.utf8.count == 5, let digits = Int(word.dropFirst()), word.hasPrefix("+") || word.hasPrefix("-"),
            (0...2359).contains(digits)
        else { return 0 }
        return (word.hasPrefix("-") ? -1 : 1) * (digits / 100 * 3600 + digits % 100 * 60)
    }

    /// Days since 1970-01-01, by years that begin in March.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
        return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468
    }
}
