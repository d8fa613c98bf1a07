// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Journal
import Mail
import Testing

@testable import CloudWatchLogs

@Suite("Filter patterns, days and tokens of logs")
struct FilterPatternTests {
    private static let event =
        #"{"event":"bounced","a b":1,"bounced":{"attempt":2,"verdict":{"type":"Permanent"}},"n":null}"#

    @Test(
        "an event meets a pattern",
        arguments: [
            ("", true), ("bounced", true), ("bounced Permanent", true), ("bounced absent", false), ("Bounced", false),
            ("-absent bounced", true), ("-bounced", false), ("?absent ?bounced", true), ("?absent ?missing", false),
            (#""a b""#, true), (#"-"a b""#, false), ("  bounced  ", true), ("\"bounced\0x\"", false),
            ("-\"bounced\0x\"", true),
            (#"{ $.event = "bounced" }"#, true), (#"{$.event="bounced"}"#, true),
            (#"{ $.event = "delivered" }"#, false),
            (#"{ $.bounced.verdict.type = "Permanent" }"#, true), (#"{ $.bounced.attempt = 2 }"#, true),
            (#"{ $.bounced.attempt = 2.0 }"#, true), (#"{ $.bounced.attempt = "2" }"#, false),
            (#"{ $.event = 2 }"#, false), (#"{ $.absent.type = "x" }"#, false), (#"{ $.n = "null" }"#, false),
        ])
    func meeting(_ pattern: String, _ isMet: Bool) throws {
        #expect(try FilterPattern(pattern).isMet(by: Self.event) == isMet)
    }

    @Test("what is no event of JSON meets no equality") func noJSON() throws {
        #expect(try !FilterPattern(#"{ $.a = "b" }"#).isMet(by: "a = b"))
    }

    @Test(
        "what is not offered is refused",
        arguments: [
            #"{ $.a != "b" }"#, "{ $.a > 5 }", #"{ $.a = "b" && $.c = "d" }"#, #"{ $.a = "b*" }"#, "{ $.a = b }", "{}",
            "{",
            #"{ $.a[0] = "b" }"#, "{ $.a IS NULL }", #"{ a = "b" }"#, #"{ $. = "b" }"#, "[ip, user]", "%regex%",
            "\"open",
            "a\"b\"", "?", "-", "\"\"", #""a"b"#, #"{ $.a = "b"#, "{ $.a = nan }", "{ $.a = }",
            String(repeating: "a", count: 1_025),
        ])
    func refused(_ pattern: String) {
        #expect(throws: ServiceError.self) { _ = try FilterPattern(pattern) }
    }

    @Test(
        "days are named in UTC",
        arguments: [
            (Int64(0), "1970/01/01"), (1_764_028_799_999, "2025/11/24"), (1_764_028_800_000, "2025/11/25"),
            (951_782_400_000, "2000/02/29"), (4_102_444_799_000, "2099/12/31"),
        ])
    func days(_ milliseconds: Int64, _ name: String) {
        let day = LogDay(Timestamp(milliseconds: milliseconds))
        #expect(day.name == name)
        #expect(LogDay(name: name) == day)
        #expect((day.start..<day.end).contains(Timestamp(milliseconds: milliseconds)))
    }

    @Test(
        "what names no day",
        arguments: ["", "2025/11", "2025/13/01", "2025/02/29", "25/1/1", "2025/11/25/", "2025-11-25", "+2025/11/25"])
    func noDays(_ name: String) { #expect(LogDay(name: name) == nil) }

    @Test("tokens are read back, and others refused")
    func tokens() throws {
        let token = LogToken(.init(at: 5, sequence: 7), isBackward: true)
        #expect(token.text == "b/5-7/s")
        let read = try LogToken(token.text)
        #expect(read.place == token.place && read.isBackward)
        for text in ["", "f/1/s", "f/1-2", "x/1-2/s", "f/1-2/s/", "f/a-2/s", "f/1-2-3/s", "f/99999999999999999999-1/s"]
        {
            #expect(throws: ServiceError.self) { _ = try LogToken(text) }
        }
    }
}
