// SPDX-License-Identifier: Apache-2.0

/// U-label to A-label (RFC 3492), for domains that people write in their own script.
enum Punycode {
    /// `label` must be in lower case already.
    static func aLabel(_ label: String, at offset: Int) throws(SyntaxError) -> String {
        let scalars = Array(label.unicodeScalars)
        guard scalars.allSatisfy({ !$0.properties.isDefaultIgnorableCodePoint && !$0.properties.isWhitespace }) else {
            throw SyntaxError(expected: "no invisible characters in a domain label", offset: offset)
        }
        return "xn--" + encode(scalars)
    }

    // RFC 3492 §6.3; a label is at most 63 octets, so nothing here can overflow 64 bits.
    private static func encode(_ input: [Unicode.Scalar]) -> String {
        var output = input.filter(\.isASCII).map { Character($0) }
        let basic = output.count
        if basic > 0 { output.append("-") }
        var n: UInt32 = 128
        var delta = 0
        var bias = 72
        var handled = basic
        while handled < input.count {
            guard let next = input.map(\.value).filter({ $0 >= n }).min() else { break }
            delta += Int(next - n) * (handled + 1)
            n = next
            for scalar in input {
                if scalar.value < n { delta += 1 }
                if scalar.value == n {
                    output.append(contentsOf: digits(of: delta, bias: bias))
                    bias = adapt(delta, points: handled + 1, first: handled == basic)
                    delta = 0
                    handled += 1
                }
            }
            delta += 1
            n += 1
        }
        return String(output)
    }

    private static func digits(of delta: Int, bias: Int) -> [Character] {
        var result: [Character] = []
        var q = delta
        var k = 36
        while true {
            let threshold = k <= bias ? 1 : (k >= bias + 26 ? 26 : k - bias)
            if q < threshold { break }
            result.append(digit(threshold + (q - threshold) % (36 - threshold)))
            q = (q - threshold) / (36 - threshold)
            k += 36
        }
        result.append(digit(q))
        return result
    }

    private static func digit(_ value: Int) -> Character {
        Character(Unicode.Scalar(UInt8(value < 26 ? value + 97 : value - 26 + 48)))
    }

    private static func adapt(_ delta: Int, points: Int, first: Bool) -> Int {
        var delta = first ? delta / 700 : delta / 2
        delta += delta / points
        var k = 0
        while delta > 455 {
            delta /= 35
            k += 36
        }
        return k + 36 * delta / (delta + 38)
    }
}
