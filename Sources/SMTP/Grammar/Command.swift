// SPDX-License-Identifier: Apache-2.0

package import Mail

/// One command line of an SMTP client (RFC 5321 §4.1.1 and its extensions).
package enum Command: Hashable, Sendable {
    case ehlo(String)
    case helo(String)
    case mail(ReversePath, MailParameters)
    case rcpt(ForwardPath)
    case data
    case bdat(length: Int, isLast: Bool)
    case rset, noop, quit, help, vrfy, expn, startTLS
    case auth(mechanism: String, initialResponse: String?)
}

/// Parameters of MAIL FROM that we know (RFC 1870, 6152, 6531, 4954).
package struct MailParameters: Hashable, Sendable {
    package var size: Int?
    package var is8Bit = false
    package var isSMTPUTF8 = false

    package init() {}
}

/// Why a line is no command; each case has its own reply.
package enum CommandFault: Error, Hashable, Sendable {
    case unknownCommand
    /// A request line of HTTP (RFC 9112 §3): its body would be read as commands, which somebody else chose.
    case requestOfHTTP
    case badArguments(String)
    /// A BDAT whose length cannot be read (RFC 3030 §2).
    case badChunk(String)
    /// A parameter nobody announced (RFC 5321 §4.1.1.11: 555).
    case unknownParameter(String)
    case badReversePath(String)
    case badForwardPath(String)
}

extension Command {
    /// - Parameter line: without its CRLF.
    package static func parse(_ line: String) throws(CommandFault) -> Command {
        let octets = line.utf8
        let end = octets.firstIndex(of: UInt8(ascii: " ")) ?? octets.endIndex
        let verb = line[..<end].uppercased()
        let argument = Substring(octets[end...].drop { $0 == UInt8(ascii: " ") })
        switch verb {
        case "EHLO": return .ehlo(try name(argument))
        case "HELO": return .helo(try name(argument))
        case "MAIL": return try mail(argument)
        case "RCPT": return try rcpt(argument)
        case "DATA": return .data
        case "BDAT": return try bdat(argument)
        case "RSET": return .rset
        case "NOOP": return .noop
        case "QUIT": return .quit
        case "HELP": return .help
        case "VRFY": return .vrfy
        case "EXPN": return .expn
        case "STARTTLS": return .startTLS
        case "AUTH": return try auth(argument)
        default:
            // Whatever the method is, the version ends the line.
            let version = argument[(argument.lastIndex(of: " ") ?? argument.startIndex)...].uppercased()
            throw version.hasPrefix(" HTTP/") ? .requestOfHTTP : .unknownCommand
        }
    }

    // ehlo = "EHLO" SP ( Domain / address-literal ) CRLF; any printable word is taken, clients send all sorts
    private static func name(_ argument: Substring) throws(CommandFault) -> String {
        let word = argument.prefix { $0 != " " }
        guard !word.isEmpty, word.utf8.count <= 255, word.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw .badArguments("HELO and EHLO need the client's name")
        }
        return String(word)
    }

    // mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
    private static func mail(_ argument: Substring) throws(CommandFault) -> Command {
        let (path, rest) = try path(argument, after: "FROM:", fault: CommandFault.badReversePath)
        let parameters = try parameters(rest)
        if path.isEmpty { return .mail(.null, parameters) }
        guard let mailbox = try? Mailbox(parsing: path) else { throw .badReversePath(String(path)) }
        return .mail(.mailbox(mailbox), parameters)
    }

    // rcpt = "RCPT TO:" Forward-path [SP Rcpt-parameters] CRLF
    private static func rcpt(_ argument: Substring) throws(CommandFault) -> Command {
        let (path, rest) = try path(argument, after: "TO:", fault: CommandFault.badForwardPath)
        if let parameter = rest.split(separator: " ").first { throw .unknownParameter(String(parameter)) }
        guard let mailbox = try? Mailbox(parsing: path) else { throw .badForwardPath(String(path)) }
        return .rcpt(ForwardPath(mailbox))
    }

    // Path = "<" [A-d-l ":"] Mailbox ">"; source routes are refused, and so no "@" may stand first
    private static func path(
        _ argument: Substring, after keyword: String, fault: (String) -> CommandFault
    ) throws(CommandFault) -> (Substring, Substring) {
        let octets = argument.utf8
        guard octets.count >= keyword.utf8.count,
            zip(octets, keyword.utf8).allSatisfy({ $0 == $1 || $0 == $1 | 0x20 })
        else { throw .badArguments("expected \(keyword)<address>") }
        let text = octets.dropFirst(keyword.utf8.count).drop { $0 == UInt8(ascii: " ") }
        guard text.first == UInt8(ascii: "<") else { throw fault(String(Substring(text))) }
        var quoted = false
        var escaped = false
        for index in text.indices.dropFirst() {
            let octet = text[index]
            if octet == UInt8(ascii: ">"), !quoted {
                let path = text[text.index(after: text.startIndex)..<index]
                return (Substring(path), Substring(text[text.index(after: index)...]))
            }
            if octet == UInt8(ascii: "\""), !escaped { quoted.toggle() }
            escaped = octet == UInt8(ascii: "\\") && !escaped
        }
        throw fault(String(Substring(text)))
    }

    private static func parameters(_ text: Substring) throws(CommandFault) -> MailParameters {
        var result = MailParameters()
        for parameter in text.split(separator: " ") {
            let halves = parameter.split(separator: "=", maxSplits: 1)
            let value = halves.count > 1 ? halves[1].uppercased() : ""
            switch (halves.first?.uppercased() ?? "", value) {
            case ("SIZE", _):
                guard let size = Int(value), size >= 0 else { throw .badArguments("SIZE must be a number") }
                result.size = size
            case ("BODY", "7BIT"): break
            case ("BODY", "8BITMIME"): result.is8Bit = true
            case ("SMTPUTF8", ""): result.isSMTPUTF8 = true
            case ("AUTH", _): break
            default: throw .unknownParameter(String(parameter))
            }
        }
        return result
    }

    // bdat-cmd = "BDAT" SP chunk-size [SP "LAST"] CRLF ; RFC 3030 §2
    private static func bdat(_ argument: Substring) throws(CommandFault) -> Command {
        let words = argument.split(separator: " ")
        guard let length = words.first.flatMap({ Int($0) }), length >= 0, words.count <= 2,
            words.count == 1 || words[1].uppercased() == "LAST"
        else { throw .badChunk("BDAT needs a length, and perhaps LAST") }
        return .bdat(length: length, isLast: words.count == 2)
    }

    // auth = "AUTH" SP mechanism [SP initial-response] ; RFC 4954 §4
    private static func auth(_ argument: Substring) throws(CommandFault) -> Command {
        let words = argument.split(separator: " ")
        guard (1...2).contains(words.count) else { throw .badArguments("AUTH needs a mechanism") }
        return .auth(mechanism: words[0].uppercased(), initialResponse: words.count == 2 ? String(words[1]) : nil)
    }
}
