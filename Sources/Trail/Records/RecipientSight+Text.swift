// SPDX-License-Identifier: Apache-2.0

extension RecipientSight {
    /// A text for people, such as an error message or a peer's reply, with every address in it as it is to be seen.
    ///
    /// ARNs stay: what stands in them is an identity or a user, never a recipient.
    package func show(inText text: String) -> String {
        if case .clear = self { return text }
        let octets = Array(text.utf8)
        var shown: [UInt8] = []
        // Everything before it is in `shown`.
        var done = 0
        var from = 0
        while let at = octets[from...].firstIndex(of: UInt8(ascii: "@")) {
            from = at + 1
            let start = Self.start(of: octets, before: at, notBefore: done)
            let end = Self.end(of: octets, after: at)
            guard start < at, end > at + 1, !Self.isInARN(octets, start) else { continue }
            shown += octets[done..<start]
            shown += show(String(decoding: octets[start..<end], as: UTF8.self)).utf8
            (done, from) = (end, end)
        }
        shown += octets[done...]
        return String(decoding: shown, as: UTF8.self)
    }

    // Local-part = Dot-string / Quoted-string    ; RFC 5321 §4.1.2, read backwards
    private static func start(of octets: [UInt8], before at: Int, notBefore least: Int) -> Int {
        if at > least + 1, octets[at - 1] == UInt8(ascii: "\""),
            let quote = octets[least..<(at - 1)].lastIndex(of: UInt8(ascii: "\""))
        {
            return quote
        }
        let start = (octets[least..<at].lastIndex { !isLocal($0) }).map { $0 + 1 } ?? least
        // A quotation mark of prose rather than of the address.
        return start < at && octets[start] == UInt8(ascii: "'") ? start + 1 : start
    }

    private static func end(of octets: [UInt8], after at: Int) -> Int {
        var end = octets[(at + 1)...].firstIndex { !isDomain($0) } ?? octets.count
        // The point that ends a sentence.
        while end > at + 1, [UInt8(ascii: "."), UInt8(ascii: "-")].contains(octets[end - 1]) { end -= 1 }
        return end
    }

    private static let arns = ["ses", "iam", "sts"].map { Array("arn:aws:\($0):".utf8) }

    // A user's path has 512 octets at most (IAM user guide, "IAM and AWS STS quotas").
    private static let longestPath = 640

    // Whether the word around it begins as an ARN does.
    private static func isInARN(_ octets: [UInt8], _ place: Int) -> Bool {
        let least = max(0, place - longestPath)
        let word = octets[least..<place].lastIndex { $0 <= 32 || [34, 39, 40, 44, 60, 91].contains($0) }
        let rest = octets[((word ?? least - 1) + 1)...]
        return arns.contains { rest.starts(with: $0) }
    }

    // atext of RFC 5322 §3.2.3 with the point between atoms, and RFC 6531's letters.
    private static func isLocal(_ octet: UInt8) -> Bool {
        switch octet {
        case 48...57, 65...90, 97...122, 128...: true
        default: "!#$%&'*+-/=?^_`{|}~.".utf8.contains(octet)
        }
    }

    private static func isDomain(_ octet: UInt8) -> Bool {
        switch octet {
        case 48...57, 65...90, 97...122, 128..., UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }
}
