// SPDX-License-Identifier: Apache-2.0

/// One mail address: `local-part@domain` (RFC 5321 §4.1.2), never a display name, never a source route.
///
/// The local part is kept as written (RFC 5321 §2.4: only its own host may interpret it), unquoted; the
/// domain is canonical. Address literals are refused: Postern neither sends to nor from a bare address.
///
/// Limits: local part 64 octets, whole address 254 (RFC 5321 §4.5.3.1, RFC 3696 erratum 1690).
package struct Mailbox: Hashable, Sendable, CustomStringConvertible {
    package static let maximumLocalPartLength = 64
    package static let maximumLength = 254

    /// Without quotes and escapes: `"a b"@example.com` has the local part `a b`.
    package let localPart: String
    package let domain: Domain
    /// The domain as it was written, where that is another spelling of it; it makes no other mailbox.
    package let writtenDomain: String?

    /// Mailbox = Local-part "@" Domain          ; RFC 5321 §4.1.2, SMTPUTF8 of RFC 6531 §3.3
    package init(parsing text: some StringProtocol) throws(SyntaxError) { try self.init(parsing: String(text)) }

    package init(parsing text: String) throws(SyntaxError) {
        if let at = LocalPartScanner.plainEnd(text.utf8) {
            let rest = String(text[text.utf8.index(after: at)...])
            let domain = try Domain(parsing: rest)
            try self.init(
                localPart: String(text[..<at]), domain: domain,
                writtenDomain: rest.hasOctets(of: domain.description) ? nil : rest)
            return
        }
        var scanner = LocalPartScanner(text)
        let localPart = try scanner.scan()
        let domain = try Domain(parsing: scanner.rest)
        try self.init(
            localPart: localPart, domain: domain, writtenDomain: scanner.rest == domain.description ? nil : scanner.rest
        )
    }

    package init(localPart: String, domain: Domain, writtenDomain: String? = nil) throws(SyntaxError) {
        guard !localPart.isEmpty else { throw SyntaxError(expected: "a local-part", offset: 0) }
        guard localPart.utf8.count <= Self.maximumLocalPartLength else {
            throw SyntaxError(expected: "at most \(Self.maximumLocalPartLength) octets of local-part", offset: 64)
        }
        guard localPart.utf8.count + 1 + domain.description.utf8.count <= Self.maximumLength else {
            throw SyntaxError(
                expected: "an address of at most \(Self.maximumLength) octets", offset: Self.maximumLength)
        }
        self.localPart = localPart
        self.domain = domain
        self.writtenDomain = writtenDomain
    }

    package static func == (left: Mailbox, right: Mailbox) -> Bool {
        // By octets: Swift's own comparison takes some letters for one (U+212A for K).
        left.localPart.hasOctets(of: right.localPart) && left.domain == right.domain
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(localPart)
        hasher.combine(domain)
    }

    /// As it was written, but for needless quotes.
    package var spelling: String { "\(wireLocalPart)@\(writtenDomain ?? domain.description)" }

    /// Whether the local part holds anything beyond ASCII, so that a peer must offer SMTPUTF8.
    package var needsSMTPUTF8: Bool { !localPart.utf8.allSatisfy { $0 < 0x80 } }

    /// As it goes on the wire, quoted where the grammar asks for it.
    package var description: String { wireLocalPart + "@" + domain.description }

    private var wireLocalPart: String {
        if LocalPartScanner.isDotString(localPart) { return localPart }
        let escaped = localPart.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
        return "\"" + String(escaped) + "\""
    }
}

extension String {
    /// Whether it is the other octet by octet, which Swift's own comparison does not ask.
    fileprivate func hasOctets(of other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        var (left, right) = (self, other)
        return left.withUTF8 { left in right.withUTF8 { right in left.elementsEqual(right) } }
    }
}

/// Local-part = Dot-string / Quoted-string          ; RFC 5321 §4.1.2
struct LocalPartScanner {
    private let text: [Unicode.Scalar]
    private var position = 0

    init(_ text: some StringProtocol) { self.text = Array(text.unicodeScalars) }

    /// What follows the `@`.
    var rest: String { String(String.UnicodeScalarView(text[position...])) }

    mutating func scan() throws(SyntaxError) -> String {
        let local = text.first == "\"" ? try quoted() : try dotted()
        guard position < text.count, text[position] == "@" else {
            throw SyntaxError(expected: "'@'", offset: position)
        }
        position += 1
        return local
    }

    // Dot-string = Atom *("." Atom)
    private mutating func dotted() throws(SyntaxError) -> String {
        let start = position
        while position < text.count, Self.isAtomText(text[position]) || text[position] == "." { position += 1 }
        let local = String(String.UnicodeScalarView(text[start..<position]))
        guard Self.isDotString(local) else { throw SyntaxError(expected: "a local-part", offset: position) }
        return local
    }

    // Quoted-string = DQUOTE *QcontentSMTP DQUOTE
    private mutating func quoted() throws(SyntaxError) -> String {
        var local = String.UnicodeScalarView()
        position += 1
        while position < text.count, text[position] != "\"" {
            if text[position] == "\\" { position += 1 }
            guard position < text.count, text[position].value >= 32, text[position].value != 127 else {
                throw SyntaxError(expected: "printable text in a quoted local-part", offset: position)
            }
            local.append(text[position])
            position += 1
        }
        guard position < text.count else { throw SyntaxError(expected: "a closing quote", offset: position) }
        position += 1
        return String(local)
    }

    /// Where the `@` stands behind a dot-string of ASCII; nil for everything else, which `scan` reads.
    static func plainEnd<Text: Collection<UInt8>>(_ text: Text) -> Text.Index? {
        var last = UInt8(ascii: ".")
        var index = text.startIndex
        while index != text.endIndex {
            let octet = text[index]
            if octet == UInt8(ascii: "@") { return last == UInt8(ascii: ".") ? nil : index }
            guard isPlain(octet) || (octet == UInt8(ascii: ".") && last != octet) else { return nil }
            last = octet
            index = text.index(after: index)
        }
        return nil
    }

    // atext of RFC 5322 §3.2.3
    private static func isPlain(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "^")...UInt8(ascii: "~"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "!"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "="),
            UInt8(ascii: "?"):
            true
        default: false
        }
    }

    static func isDotString(_ local: String) -> Bool {
        isPlainDotString(local.utf8) || isAnyDotString(local)
    }

    private static func isPlainDotString(_ local: some Collection<UInt8>) -> Bool {
        var last = UInt8(ascii: ".")
        for octet in local {
            guard isPlain(octet) || (octet == UInt8(ascii: ".") && last != octet) else { return false }
            last = octet
        }
        return last != UInt8(ascii: ".")
    }

    private static func isAnyDotString(_ local: String) -> Bool {
        !local.isEmpty
            && local.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0.unicodeScalars.allSatisfy(isAtomText)
            }
    }

    // atext = ALPHA / DIGIT / "!" / "#" / … ; RFC 5322 §3.2.3, and UTF8-non-ascii of RFC 6531 §3.3
    private static func isAtomText(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else {
            return !scalar.properties.isWhitespace && !scalar.properties.isDefaultIgnorableCodePoint
                && scalar.properties.generalCategory != .control
        }
        return UInt8(scalar.value).isLetterOrDigit || "!#$%&'*+-/=?^_`{|}~".unicodeScalars.contains(scalar)
    }
}
