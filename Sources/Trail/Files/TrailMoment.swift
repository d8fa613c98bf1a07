// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Moments as CloudTrail writes them, in UTC and whole seconds.
package enum TrailMoment {
    /// `2026-11-24T07:42:53Z`
    package static func extended(_ moment: Timestamp) -> String {
        // Without the point and the three digits of its milliseconds.
        String(decoding: moment.description.utf8.dropLast(5), as: UTF8.self) + "Z"
    }

    /// `20261124T074253Z`
    static func basic(_ moment: Timestamp) -> String { extended(moment).filter { $0 != "-" && $0 != ":" } }

    /// `2026/11/24`
    static func day(_ moment: Timestamp) -> String {
        let time = CivilTime(moment)
        return "\(time.year)/\(pad(time.month))/\(pad(time.day))"
    }

    /// Nil for what is no moment of the extended form.
    package static func parse(_ text: String) -> Timestamp? {
        let octets = Array(text.utf8)
        guard octets.count == 20 else { return nil }
        func number(_ range: Range<Int>) -> Int64? { Int64(String(decoding: octets[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            year >= 1970, (1...12).contains(month), (1...31).contains(day), (0..<24).contains(hour),
            (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        // Days from civil date by 400-year eras that begin on 1 March.
        let shiftedYear = month <= 2 ? year - 1 : year
        let yearOfEra = shiftedYear % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days =
            shiftedYear / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let moment = Timestamp(seconds: days * 86_400 + hour * 3_600 + minute * 60 + second)
        return extended(moment) == text ? moment : nil
    }

    private static func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
