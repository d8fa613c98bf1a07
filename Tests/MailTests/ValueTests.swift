// SPDX-License-Identifier: Apache-2.0

import Mail
import Testing

@Suite("Moments")
struct TimestampTests {
    @Test(
        "prints the days around leap days, years' ends and the epoch",
        arguments: [
            (Int64(-1), "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 +0000"),
            (-86_400_001, "1969-12-30T23:59:59.999Z", "Tue, 30 Dec 1969 23:59:59 +0000"),
            (1_709_251_199_000, "2024-02-29T23:59:59.000Z", "Thu, 29 Feb 2024 23:59:59 +0000"),
            (1_709_251_200_000, "2024-03-01T00:00:00.000Z", "Fri, 1 Mar 2024 00:00:00 +0000"),
            (1_798_761_599_999, "2026-12-31T23:59:59.999Z", "Thu, 31 Dec 2026 23:59:59 +0000"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z", "Sun, 28 Feb 2100 23:59:59 +0000"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z", "Mon, 1 Mar 2100 00:00:00 +0000"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 +0000"),
        ])
    func prints(_ milliseconds: Int64, _ iso: String, _ rfc5322: String) {
        let moment = Timestamp(milliseconds: milliseconds)
        #expect(moment.description == iso)
        #expect(moment.rfc5322 == rfc5322)
    }

    @Test("names every weekday of a week and every month of a year")
    func calendar() {
        let days = (0..<7).map { Timestamp(seconds: 1_704_067_200 + $0 * 86_400).rfc5322.prefix(3) }
        #expect(days == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
        let lengths = (0..<366).reduce(into: [Int: Int]()) { count, day in
            count[CivilTime(Timestamp(seconds: 1_704_067_200 + Int64(day) * 86_400)).month, default: 0] += 1
        }
        #expect((1...12).map { lengths[$0] } == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    }

    @Test("rounds seconds down on both sides of the epoch", arguments: [(1_999, 1), (0, 0), (-1, -1), (-1_000, -1)])
    func seconds(_ milliseconds: Int, _ seconds: Int) {
        #expect(Timestamp(milliseconds: Int64(milliseconds)).seconds == Int64(seconds))
    }

    @Test("adds and takes away")
    func arithmetic() {
        let moment = Timestamp(seconds: 100)
        #expect((moment + 1.5).milliseconds == 101_500)
        #expect((moment + 1.5) - moment == 1.5)
        #expect(moment < moment + 0.001)
    }
}

@Suite("Message ids")
struct MessageIDTests {
    @Test(
        "begins with SES's code of the region",
        arguments: [
            ("us-east-1", "0100"), ("us-west-2", "0101"), ("eu-west-1", "0102"), ("home", "01ff"), ("", "01ff"),
        ])
    func region(_ region: String, _ code: String) {
        let id = MessageID(region: region, at: Timestamp(milliseconds: 1), random: (0, 0))
        #expect(id.description == code + "000000000001-00000000-0000-4000-8000-000000000000-000000")
    }

    @Test("has one length and reads back, whatever it is made of", arguments: [Int64.min, -1, 0, 1, .max])
    func shape(_ milliseconds: Int64) {
        for random in [0, 1, UInt64.max / 3, .max] {
            let id = MessageID(region: "x", at: Timestamp(milliseconds: milliseconds), random: (random, ~random))
            #expect(id.description.utf8.count == 60)
            #expect(MessageID(parsing: id.description) == id)
        }
    }

    @Test("sorts by time of acceptance")
    func order() {
        let ids = [0, 9, 10, 255, 256, 1_700_000_000_000].map {
            MessageID(region: "x", at: Timestamp(milliseconds: $0), random: (UInt64.max &- UInt64($0), 0))
        }
        #expect(ids.sorted() == ids)
    }

    @Test(
        "cannot be a path or a line",
        arguments: [
            "", String(repeating: "a", count: 59), String(repeating: "a", count: 61),
            String(repeating: "a", count: 58) + "/.", String(repeating: "a", count: 59) + "\n",
            String(repeating: "a", count: 59) + "\u{0}", String(repeating: "ü", count: 30),
        ])
    func refuses(_ text: String) {
        #expect(MessageID(parsing: text) == nil)
    }
}

@Suite("Replies and other small values")
struct ReplyTests {
    @Test(
        "reads enhanced status codes (RFC 3463)",
        arguments: [
            ("2.0.0", EnhancedStatusCode(2, 0, 0)), ("5.7.1", EnhancedStatusCode(5, 7, 1)),
            ("4.999.999", EnhancedStatusCode(4, 999, 999)), ("1.0.0", nil), ("3.0.0", nil), ("5.1000.0", nil),
            ("5.0.1000", nil), ("5..1", nil), ("5.1.", nil), (".1.1", nil), ("5.1.1.1", nil), ("5.-1.1", nil),
            ("5.1.1 ", nil), (" 5.1.1", nil), ("256.1.1", nil), ("5.\u{661}.1", nil), ("", nil), ("5,1,1", nil),
        ])
    func status(_ text: String, _ expected: EnhancedStatusCode?) {
        #expect(EnhancedStatusCode(parsing: text) == expected)
        if let expected { #expect(expected.description == text) }
    }

    @Test(
        "knows its class and prints on one line",
        arguments: [
            (Reply(250, EnhancedStatusCode(2, 1, 5), "OK"), "250 2.1.5 OK", [true, false, false]),
            (Reply(354, nil, "go", "on"), "354 go on", [true, false, false]),
            (Reply(421), "421", [false, true, false]),
            (Reply(code: 550, enhanced: nil, lines: []), "550", [false, false, true]),
            (Reply(599), "599", [false, false, true]), (Reply(600), "600", [false, false, false]),
        ])
    func reply(_ reply: Reply, _ description: String, _ classes: [Bool]) {
        #expect(reply.description == description)
        #expect([reply.isPositive, reply.isTransient, reply.isPermanent] == classes)
        #expect(!reply.lines.isEmpty)
    }

    @Test(
        "an account is twelve digits",
        arguments: [
            ("123456789012", true), ("12345678901", false), ("1234567890123", false), ("12345678901a", false),
            ("１23456789012", false), ("-12345678901", false), ("", false),
        ])
    func account(_ text: String, _ valid: Bool) {
        #expect((AccountID(text)?.description == text) == valid)
    }

    @Test("a secret shows itself nowhere")
    func secret() {
        let secret = SecretBytes(Array("hush".utf8))
        var dumped = ""
        dump([secret], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(reflecting: [secret: secret]), dumped] {
            #expect(!text.contains("hush") && !text.contains("104"))
        }
        #expect(secret.exposed == Array("hush".utf8))
    }
}
