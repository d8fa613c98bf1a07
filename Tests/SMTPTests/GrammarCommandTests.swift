// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP
import Testing

@Suite("SMTP command grammar")
struct GrammarCommandTests {
    private static func parse(_ line: String) -> Result<Command, CommandFault> {
        do { return .success(try Command.parse(line)) } catch { return .failure(error) }
    }

    private static func mail(_ address: String, _ change: (inout MailParameters) -> Void = { _ in }) throws -> Command {
        var parameters = MailParameters()
        change(&parameters)
        return .mail(.mailbox(try Mailbox(parsing: address)), parameters)
    }

    @Test(
        "reads commands in any case, with room around their arguments",
        arguments: [
            ("EHLO mail.example.com", .ehlo("mail.example.com")), ("ehlo [192.0.2.1]", .ehlo("[192.0.2.1]")),
            ("HeLo  x  y", .helo("x")), ("DATA", .data), ("rset", .rset), ("NOOP anything", .noop), ("quit", .quit),
            ("HELP MAIL", .help), ("VRFY postmaster", .vrfy), ("EXPN list", .expn), ("StartTLS", .startTLS),
            ("BDAT 0", .bdat(length: 0, isLast: false)), ("bdat 12 last", .bdat(length: 12, isLast: true)),
            ("BDAT 007 LAST", .bdat(length: 7, isLast: true)),
            ("BDAT 9223372036854775807", .bdat(length: .max, isLast: false)),
            ("AUTH plain", .auth(mechanism: "PLAIN", initialResponse: nil)),
            ("AUTH LOGIN dXNlcg==", .auth(mechanism: "LOGIN", initialResponse: "dXNlcg==")),
            ("AUTH PLAIN =", .auth(mechanism: "PLAIN", initialResponse: "=")),
            ("MAIL FROM:<>", .mail(.null, MailParameters())),
        ] as [(String, Command)])
    func commands(_ line: String, _ command: Command) {
        #expect(Self.parse(line) == .success(command))
    }

    @Test("reads the parameters of MAIL")
    func parameters() throws {
        #expect(try Self.parse("MAIL FROM:<a@example.com>").get() == Self.mail("a@example.com"))
        #expect(try Self.parse("mail from: <a@example.com> size=0").get() == Self.mail("a@example.com") { $0.size = 0 })
        let everything = "MAIL FROM:<a@example.com>  SIZE=77 body=8bitmime SMTPUTF8 AUTH=<>"
        #expect(
            try Self.parse(everything).get()
                == Self.mail("a@example.com") {
                    $0.size = 77
                    $0.is8Bit = true
                    $0.isSMTPUTF8 = true
                })
        #expect(try Self.parse("MAIL FROM:<a@example.com> BODY=7BIT").get() == Self.mail("a@example.com"))
    }

    @Test("finds the end of a path behind quoted angle brackets and spaces")
    func quoted() throws {
        let command = try Self.parse(#"RCPT TO:<"a> \"b\" <c"@example.com>"#).get()
        #expect(
            command == .rcpt(ForwardPath(try Mailbox(localPart: #"a> "b" <c"#, domain: Domain(parsing: "example.com"))))
        )
    }

    @Test(
        "refuses paths that are none, source routes and literals",
        arguments: [
            "a@example.com", "<a@example.com", "<a>", "<@example.com>", "<a@>", "<a@@example.com>",
            "<@relay.example:a@example.com>", "<@relay.example,@other.example:a@example.com>", "<a@[192.0.2.1]>",
            "<a@[IPv6:::1]>", "<a b@example.com>", "< a@example.com>", "<a@example.com >", "<.a@example.com>",
            "<a..b@example.com>", "<a.@example.com>", "<\"a@example.com>", "<\"a\"b@example.com>", "<a@exa mple.com>",
            "<a@-example.com>", "<a@example..com>", "<a\u{1}@example.com>", "<a@example.com\t>", "<<a@example.com>>",
            "", "<", ">",
        ])
    func paths(_ path: String) {
        for (line, isMail) in [("MAIL FROM:" + path, true), ("RCPT TO:" + path, false)] {
            switch Self.parse(line) {
            case .failure(.badReversePath): #expect(isMail)
            case .failure(.badForwardPath): #expect(!isMail)
            // The path ended at the first bracket, and the rest of it is no parameter.
            case .failure(.unknownParameter): #expect(path.hasSuffix(">>"))
            case let other: Issue.record("\(line): \(other)")
            }
        }
        #expect(Self.parse("RCPT TO:<>") == .failure(.badForwardPath("")))
    }

    @Test("holds addresses to their lengths, octet by octet")
    func lengths() {
        let longest = String(repeating: "a", count: 64) + "@example.com"
        #expect(throws: Never.self) { try Self.parse("RCPT TO:<\(longest)>").get() }
        #expect(Self.parse("RCPT TO:<a\(longest)>") == .failure(.badForwardPath("a" + longest)))
        let label = String(repeating: "b", count: 63)
        let domain = "a@" + Array(repeating: label, count: 4).joined(separator: ".")
        #expect(Self.parse("RCPT TO:<\(domain)>") == .failure(.badForwardPath(domain)))
    }

    @Test(
        "refuses parameters nobody announced",
        arguments: [
            ("MAIL FROM:<a@example.com> BODY=BINARYMIME", "BODY=BINARYMIME"),
            ("MAIL FROM:<a@example.com> BODY", "BODY"),
            ("MAIL FROM:<a@example.com> SMTPUTF8=1", "SMTPUTF8=1"), ("MAIL FROM:<a@example.com> RET=HDRS", "RET=HDRS"),
            ("MAIL FROM:<a@example.com> =", "="), ("MAIL FROM:<a@example.com> SIZE=1 X", "X"),
            ("RCPT TO:<a@example.com> NOTIFY=NEVER", "NOTIFY=NEVER"), ("RCPT TO:<a@example.com> x", "x"),
        ])
    func unknown(_ line: String, _ parameter: String) {
        #expect(Self.parse(line) == .failure(.unknownParameter(parameter)))
    }

    @Test(
        "refuses arguments that are none",
        arguments: [
            "EHLO", "EHLO ", "HELO", "EHLO \u{7F}", "EHLO é", "EHLO a\tb", "MAIL", "MAIL FROM",
            "MAIL TO:<a@example.com>",
            "RCPT", "RCPT FROM:<a@example.com>", "BDAT", "BDAT x", "BDAT -1", "BDAT 1 2", "BDAT 1 LAST LAST",
            "BDAT LAST",
            "BDAT 1x", "BDAT 9223372036854775808", "BDAT 99999999999999999999999 LAST", "BDAT 0x10", "BDAT 1.0", "AUTH",
            "AUTH PLAIN a b", "MAIL FROM:<a@example.com> SIZE", "MAIL FROM:<a@example.com> SIZE=",
            "MAIL FROM:<a@example.com> SIZE=-1", "MAIL FROM:<a@example.com> SIZE=1e3",
            "MAIL FROM:<a@example.com> SIZE=99999999999999999999",
        ])
    func arguments(_ line: String) {
        switch Self.parse(line) {
        case .failure(.badChunk): #expect(line.hasPrefix("BDAT"))
        case .failure(.badArguments): #expect(!line.hasPrefix("BDAT"))
        case let other: Issue.record("\(line): \(other)")
        }
    }

    @Test(
        "knows no other words",
        arguments: [
            "", " ", " EHLO x", "EHLO\tx", "EHLOx y", "DATA\t", "XCLIENT ADDR=1", "GET /", "X HTTP/1.1",
            "GET /HTTP/1.1", "\u{FEFF}NOOP",
        ])
    func words(_ line: String) {
        #expect(Self.parse(line) == .failure(.unknownCommand))
    }

    @Test("takes any text for what it is: no line crashes the parser")
    func noise() {
        var generator = SplitMix(state: 5321)
        let starts = ["", "MAIL FROM:<", "RCPT TO:<\"", "BDAT ", "AUTH ", "EHLO ", "MAIL FROM:<a@example.com> SIZE="]
        for round in 0..<20_000 {
            let noise = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            _ = Self.parse(starts[round % starts.count] + String(decoding: noise, as: UTF8.self))
        }
    }
}

/// SplitMix64: the same numbers on every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
