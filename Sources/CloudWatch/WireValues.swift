// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Mail
import Monitoring

/// A number with a fraction, which may have come as text.
struct WireDouble: Decodable {
    let value: Double

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            value = number
        } else if let number = Double(try container.decode(String.self)) {
            value = number
        } else {
            throw ServiceError("MalformedInput", "A number is expected.")
        }
        guard value.isFinite, abs(value) <= 1e108 else {
            throw ServiceError("InvalidParameterValue", "A value must be a finite number of at most 108 digits.")
        }
    }
}

/// A moment: epoch seconds in JSON, ISO 8601 in a form.
struct WireTime: Decodable {
    let milliseconds: Int64

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let number = (try? container.decode(Double.self)) ?? Double((try? container.decode(String.self)) ?? "")
        if let number {
            guard number >= 0, number < 253_402_300_800 else { throw Self.fault }
            milliseconds = Int64(number * 1000)
        } else {
            guard let moment = ISOTime.milliseconds(try container.decode(String.self)) else { throw Self.fault }
            milliseconds = moment
        }
    }

    var seconds: Int64 { milliseconds / 1000 }

    private static var fault: ServiceError { ServiceError("MalformedInput", "timestamp must follow ISO8601") }
}

/// `2026-11-25T10:44:45Z`, with a fraction or another zone (ISO 8601, as botocore and the SDKs write it).
enum ISOTime {
    /// - Returns: nil for what is not one, or lies outside the years 1970 to 9999.
    static func milliseconds(_ text: String) -> Int64? {
        let octets = Array(text.utf8)
        guard octets.count >= 19, octets.count <= 40, octets[4] == 45, octets[7] == 45,
            [84, 116, 32].contains(octets[10]),
            octets[13] == 58, octets[16] == 58
        else { return nil }
        func number(_ range: Range<Int>) -> Int? { digits(octets[range]) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), year >= 1970, (1...12).contains(month),
            (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        var rest = octets[19...]
        var thousandths = 0
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { (48...57).contains($0) }
            guard !fraction.isEmpty else { return nil }
            rest = rest.dropFirst(1 + fraction.count)
            thousandths = digits((Array(fraction) + [48, 48]).prefix(3)) ?? 0
        }
        guard let offset = offset(rest) else { return nil }
        let days = days(year, month, day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds >= 0 ? Int64(seconds) * 1000 + Int64(thousandths) : nil
    }

    /// Seconds east: of `Z`, `+00:00`, `-0530` or nothing.
    private static func offset(_ zone: ArraySlice<UInt8>) -> Int? {
        let octets = zone.filter { $0 != UInt8(ascii: ":") }
        if octets.isEmpty || octets == [UInt8(ascii: "Z")] || octets == [UInt8(ascii: "z")] { return 0 }
        guard octets.count == 5, let hours = digits(octets[1..<3]), let minutes = digits(octets[3..<5]), hours < 24,
            minutes < 60
        else { return nil }
        switch octets[0] {
        case UInt8(ascii: "+"): return hours * 3600 + minutes * 60
        case UInt8(ascii: "-"): return -(hours * 3600 + minutes * 60)
        default: return nil
        }
    }

    private static func digits(_ octets: some Collection<UInt8>) -> Int? {
        guard octets.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return octets.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    // Days since 1970, by years that begin in March.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// A dimension as it is asked for.
struct WireDimension: Codable {
    var name: String?
    var value: String?

    /// - Throws: `InvalidParameterValue` for more than CloudWatch takes.
    static func checked(_ dimensions: [WireDimension]?) throws -> [Dimension] {
        let dimensions = dimensions ?? []
        guard dimensions.count <= 30 else {
            throw ServiceError("InvalidParameterValue", "A metric has 30 dimensions at most.")
        }
        let checked = try dimensions.map { dimension in
            guard let name = dimension.name, let value = dimension.value, Words.isText(name, 1...255),
                Words.isText(value, 1...1024)
            else { throw ServiceError("InvalidParameterValue", "A dimension has a name and a value.") }
            return Dimension(name, value)
        }
        guard Set(checked.map(\.name)).count == checked.count else {
            throw ServiceError("InvalidParameterValue", "No two dimensions can have the same name.")
        }
        return checked
    }

    init(_ dimension: Dimension) {
        name = dimension.name
        value = dimension.value
    }
}

/// What CloudWatch asks of its words.
enum Words {
    static let units: Set<String> = [
        "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits",
        "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second",
        "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second",
        "Megabits/Second", "Gigabits/Second", "Terabits/Second", "Count/Second", "None",
    ]

    static func isText(_ text: String, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
    }

    static func required<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw ServiceError("MissingParameter", "The parameter \(name) is required.") }
        return value
    }

    static func metric(_ namespace: String?, _ name: String?, _ dimensions: [WireDimension]?) throws -> Metric {
        let namespace = try required(namespace, "Namespace")
        let name = try required(name, "MetricName")
        guard isText(namespace, 1...255), !namespace.hasPrefix(":") else {
            throw ServiceError("InvalidParameterValue", "The value for parameter Namespace is invalid.")
        }
        guard isText(name, 1...255) else {
            throw ServiceError("InvalidParameterValue", "The value for parameter MetricName is invalid.")
        }
        return Metric(namespace, name, try WireDimension.checked(dimensions))
    }

    static func unit(_ unit: String?) throws -> String? {
        guard let unit else { return nil }
        guard units.contains(unit) else {
            throw ServiceError("InvalidParameterValue", "The value \(unit.prefix(50)) for parameter Unit is invalid.")
        }
        return unit
    }

    static func statistic(_ name: String) throws -> Statistic {
        guard let statistic = Statistic(rawValue: name) else {
            throw ServiceError(
                "InvalidParameterValue",
                "The value \(name.prefix(50)) for parameter Statistic is not supported: it must be one of SampleCount, "
                    + "Average, Sum, Minimum and Maximum.")
        }
        return statistic
    }

    /// A token that we gave: a number.
    static func offset(_ token: String?) throws -> Int {
        guard let token else { return 0 }
        guard let offset = Int(token), (0...1_000_000_000).contains(offset) else {
            throw ServiceError("InvalidNextToken", "The next token is not valid.")
        }
        return offset
    }
}
