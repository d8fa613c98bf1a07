// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The addresses of a From, To, Cc or Reply-To field (RFC 5322 §3.4), strictly parsed.
///
/// Limits: 1,000 addresses; comments nest 10 deep. Source routes and address literals are refused.
package struct AddressList: Hashable, Sendable {
    package static let maximumAddresses = 1_000

    package enum Address: Hashable, Sendable {
        /// The display name is decoded (RFC 2047).
        case mailbox(displayName: String?, Mailbox)
        case group(name: String, members: [Address])
    }

    package let addresses: [Address]
    /// Whether comments stood beside them, which programs show as names though they are none.
    package let holdsComments: Bool

    package init(_ addresses: [Address]) { self.init(addresses, holdsComments: false) }

    private init(_ addresses: [Address], holdsComments: Bool) {
        self.addresses = addresses
        self.holdsComments = holdsComments
    }

    // address-list = (address *("," address))
    package init(parsing text: String) throws(SyntaxError) {
        if let mailbox = Self.onlyMailbox(text) {
            self.init([.mailbox(displayName: nil, mailbox)])
            return
        }
        var parser = AddressParser(text)
        let list = try parser.list(insideGroup: false)
        self.init(list, holdsComments: parser.sawComment)
        guard mailboxes.count <= Self.maximumAddresses else {
            throw SyntaxError(expected: "at most \(Self.maximumAddresses) addresses", offset: 0)
        }
    }

    // `ada@example.com` and `<ada@example.com>`, without anything that would have to be looked at twice.
    private static func onlyMailbox(_ text: String) -> Mailbox? {
        let isAngled = text.utf8.first == UInt8(ascii: "<") && text.utf8.last == UInt8(ascii: ">")
        let address = isAngled ? String(Substring(text.utf8.dropFirst().dropLast())) : text
        for octet in address.utf8 where !octet.isLetterOrDigit {
            switch octet {
            case UInt8(ascii: "@"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"): continue
            default: return nil
            }
        }
        return try? Mailbox(parsing: address)
    }

    /// All mailboxes, those of groups among them.
    package var mailboxes: [Mailbox] { addresses.flatMap(\.mailboxes) }

    /// As a field's value: 7-bit, names quoted or encoded where they must be.
    package var fieldValue: String { addresses.map(\.fieldValue).joined(separator: ", ") }
}

extension AddressList.Address {
    var mailboxes: [Mailbox] {
        switch self {
        case .mailbox(_, let mailbox): [mailbox]
        case .group(_, let members): members.flatMap(\.mailboxes)
        }
    }

    package var fieldValue: String {
        switch self {
        case .mailbox(nil, let mailbox): mailbox.description
        case .mailbox(let name?, let mailbox): "\(Self.phrase(name)) <\(mailbox)>"
        case .group(let name, let members):
            "\(Self.phrase(name)): \(members.map(\.fieldValue).joined(separator: ", "));"
        }
    }

    private static func phrase(_ name: String) -> String {
        if name.utf8.contains(where: { $0 > 126 || $0 < 32 }) || name.contains("=?") { return EncodedWord.encode(name) }
        if name.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == 32 || $0 == UInt8(ascii: "-") }) { return name }
        return "\"" + String(name.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }) + "\""
    }
}

/// Recursive descent over one field value.
struct AddressParser {
    private let text: [Unicode.Scalar]
    private var position = 0
    private(set) var sawComment = false

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    mutating func list(insideGroup: Bool) throws(SyntaxError) -> [AddressList.Address] {
        var result: [AddressList.Address] = []
        while true {
            try skipSpace()
            guard position < text.count else {
                if insideGroup { throw fault("';' at the end of the group") }
                return result
            }
            if text[position] == "," {
                position += 1
            } else if text[position] == ";", insideGroup {
                position += 1
                return result
            } else {
                guard result.count < AddressList.maximumAddresses else { throw fault("fewer addresses") }
                result.append(try address(insideGroup: insideGroup))
                try requireSeparator(insideGroup: insideGroup)
            }
        }
    }

    private mutating func requireSeparator(insideGroup: Bool) throws(SyntaxError) {
        try skipSpace()
        guard position == text.count || text[position] == "," || (insideGroup && text[position] == ";") else {
            throw fault("','")
        }
    }

    // address = mailbox / group ; mailbox = name-addr / addr-spec
    private mutating func address(insideGroup: Bool) throws(SyntaxError) -> AddressList.Address {
        let start = position
        let words = try phrase()
        try skipSpace()
        switch position < text.count ? text[position] : nil {
        case "<":
            position += 1
            let mailbox = try mailbox(upTo: ">")
            position += 1
            return .mailbox(
                displayName: words.isEmpty ? nil : EncodedWord.decode(words.joined(separator: " ")), mailbox)
        case ":" where !insideGroup && !words.isEmpty:
            position += 1
            return .group(name: EncodedWord.decode(words.joined(separator: " ")), members: try list(insideGroup: true))
        default:
            position = start
            return .mailbox(displayName: nil, try mailbox(upTo: nil))
        }
    }

    // phrase = 1*word ; word = atom / quoted-string
    private mutating func phrase() throws(SyntaxError) -> [String] {
        var words: [String] = []
        while true {
            try skipSpace()
            guard position < text.count else { return words }
            if text[position] == "\"" {
                words.append(try quotedString())
            } else if Self.isPhraseText(text[position]) {
                let start = position
                while position < text.count, Self.isPhraseText(text[position]) { position += 1 }
                words.append(String(String.UnicodeScalarView(text[start..<position])))
            } else {
                return words
            }
        }
    }

    // angle-addr = "<" addr-spec ">"
    private mutating func mailbox(upTo end: Unicode.Scalar?) throws(SyntaxError) -> Mailbox {
        try skipSpace()
        let start = position
        var quoted = false
        while position < text.count {
            let scalar = text[position]
            if scalar == "\\", quoted { position += 1 } else if scalar == "\"" { quoted.toggle() }
            if !quoted, scalar == end || (end == nil && (",;( \t".unicodeScalars.contains(scalar))) { break }
            position += 1
        }
        position = min(position, text.count)
        guard end == nil || position < text.count else { throw fault("'>'") }
        let raw = String(String.UnicodeScalarView(text[start..<position]))
        do {
            return try Mailbox(parsing: raw.trimmedEnd)
        } catch {
            throw SyntaxError(expected: error.expected, offset: start + error.offset)
        }
    }

    private mutating func quotedString() throws(SyntaxError) -> String {
        var result = String.UnicodeScalarView()
        position += 1
        while position < text.count, text[position] != "\"" {
            if text[position] == "\\" { position += 1 }
            guard position < text.count else { break }
            result.append(text[position])
            position += 1
        }
        guard position < text.count else { throw fault("a closing quote") }
        position += 1
        return String(result)
    }

    // CFWS: white space and comments
    private mutating func skipSpace() throws(SyntaxError) {
        var depth = 0
        while position < text.count {
            switch text[position] {
            case " ", "\t": break
            case "(":
                sawComment = true
                depth += 1
                guard depth <= 10 else { throw fault("comments at most 10 deep") }
            case ")" where depth > 0: depth -= 1
            case "\\" where depth > 0: position += 1
            default: if depth == 0 { return }
            }
            position += 1
        }
        if depth > 0 { throw fault("')'") }
    }

    private static func isPhraseText(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value > 32 && scalar.value != 127 && !"()<>[]:;@\\,\"".unicodeScalars.contains(scalar)
    }

    private func fault(_ expected: String) -> SyntaxError { SyntaxError(expected: expected, offset: position) }
}

extension String {
    fileprivate var trimmedEnd: String {
        var copy = self
        while copy.last == " " || copy.last == "\t" { copy.removeLast() }
        return copy
    }
}
