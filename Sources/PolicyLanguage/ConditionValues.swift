// SPDX-License-Identifier: Apache-2.0

/// Numbers of conditions: integers and decimals.
enum PolicyNumber {
    static func parse(_ text: String) -> Double? {
        // Double also reads "nan", "inf" and hexadecimal, which no policy means.
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) }) else {
            return nil
        }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
}

enum PolicyBoolean {
    static func parse(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }
}

/// Base64 with its padding (RFC 4648 §4).
enum PolicyBinary {
    static func parse(_ text: String) -> [UInt8]? {
        let octets = Array(text.utf8)
        guard octets.count.isMultiple(of: 4) else { return nil }
        let padding = octets.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        for (index, octet) in octets.dropLast(padding).enumerated() {
            guard let digit = digit(octet) else { return nil }
            bits = bits << 6 | digit
            if index % 4 == 3 { bytes += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)] }
        }
        if padding == 1 { bytes += [UInt8(bits >> 10 & 255), UInt8(bits >> 2 & 255)] }
        if padding == 2 { bytes.append(UInt8(bits >> 4 & 255)) }
        return bytes
    }

    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".unicodeScalars)
        var text = String.UnicodeScalarView()
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0...group.count { text.append(digits[Int(bits >> UInt32(18 - 6 * place) & 63)]) }
            for _ in group.count..<3 { text.append("=") }
        }
        return String(text)
    }

    private static func digit(_ octet: UInt8) -> UInt32? {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(octet) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(octet) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(octet) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

/// Moments of conditions, in seconds since 1970: ISO 8601 as the W3C profiles it, or the seconds themselves.
enum PolicyDate {
    /// The years 0001 to 9999, a day more at either end for zones.
    static let range = -62_135_683_200.0...253_402_387_200.0

    static func parse(_ text: String) -> Double? {
        // Digits alone are epoch time, never a year.
        if let seconds = PolicyNumber.parse(text) { return range.contains(seconds) ? seconds : nil }
        var reader = Reader(text: Array(text.utf8))
        return reader.moment()
    }

    private struct Reader {
        let text: [UInt8]
        var position = 0

        init(text: [UInt8]) { self.text = text }

        mutating func moment() -> Double? {
            guard let year = digits(4), year > 0, take("-"), let month = digits(2), take("-"), let day = digits(2),
                let days = Self.days(year, month, day)
            else { return nil }
            var seconds = Double(days) * 86_400
            guard position < text.count else { return seconds }
            guard take("T") || take("t"), let time = timeOfDay(), let offset = offset() else { return nil }
            seconds += time - offset
            return position == text.count ? seconds : nil
        }

        private mutating func timeOfDay() -> Double? {
            guard let hour = digits(2), hour < 24, take(":"), let minute = digits(2), minute < 60 else { return nil }
            var seconds = Double(hour * 3600 + minute * 60)
            guard take(":") else { return seconds }
            guard let second = digits(2), second < 60 else { return nil }
            seconds += Double(second)
            guard take(".") else { return seconds }
            var weight = 0.1
            let start = position
            while position < text.count, (48...57).contains(text[position]), position - start < 9 {
                seconds += Double(text[position] - 48) * weight
                weight /= 10
                position += 1
            }
            return position > start ? seconds : nil
        }

        // Seconds east of UTC; a time without one is UTC.
        private mutating func offset() -> Double? {
            if position == text.count || take("Z") || take("z") { return 0 }
            let sign: Double = take("-") ? -1 : 1
            if sign > 0, !take("+") { return nil }
            guard let hours = digits(2), hours < 24 else { return nil }
            _ = take(":")
            guard let minutes = digits(2), minutes < 60 else { return nil }
            return sign * Double(hours * 3600 + minutes * 60)
        }

        private mutating func digits(_ count: Int) -> Int? {
            guard position + count <= text.count else { return nil }
            var value = 0
            for octet in text[position..<position + count] {
                guard (48...57).contains(octet) else { return nil }
                value = value * 10 + Int(octet - 48)
            }
            position += count
            return value
        }

        private mutating func take(_ sign: Unicode.Scalar) -> Bool {
            guard position < text.count, text[position] == UInt8(ascii: sign) else { return false }
            position += 1
            return true
        }

        // Days since 1970 in the proleptic Gregorian calendar.
        private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int? {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            guard (1...12).contains(month), (1...lengths[month - 1]).contains(day) else { return nil }
            let before = year - 1
            let whole = before * 365 + before / 4 - before / 100 + before / 400 - 719_162
            return whole + lengths[..<(month - 1)].reduce(0, +) + day - 1
        }
    }
}
