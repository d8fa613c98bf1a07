// SPDX-License-Identifier: Apache-2.0

import CZlib
import Compression
import MIME
import Mail
import Reports
import Testing

@Suite("TLS reports")
struct TLSRPTTests {
    private static func mailbox(_ text: String) throws -> TLSReportRecord.Destination {
        .mailbox(try Mailbox(parsing: text))
    }

    @Test("a record names mailboxes and web addresses (RFC 8460 §3)")
    func records() throws {
        #expect(
            TLSReportRecord(parsing: "v=TLSRPTv1; rua=mailto:reports@example.com")?.destinations
                == [try Self.mailbox("reports@example.com")])
        #expect(
            TLSReportRecord(parsing: "v=TLSRPTv1;rua=https://r.example/v1/tlsrpt , MAILTO:a%2Bb@example.com?x=y;")?
                .destinations == [.web("https://r.example/v1/tlsrpt"), try Self.mailbox("a+b@example.com")])
        #expect(
            TLSReportRecord(parsing: "v=TLSRPTv1; rua=ftp://x.example, mailto:r@example.com; future=1")?.destinations
                == [try Self.mailbox("r@example.com")])
    }

    @Test(
        "what is no record is none",
        arguments: [
            "", "v=TLSRPTv1", "v=TLSRPTv1;", "v=TLSRPTv1; rua=", "v=tlsrptv1; rua=mailto:a@b.example",
            "v=TLSRPTv2; rua=mailto:a@b.example", "v=TLSRPTv1; rua=mailto:", "v=TLSRPTv1; rua=mailto:nobody",
            "v=TLSRPTv1; rua=http://r.example/", "v=TLSRPTv1; rua=https://", "v=TLSRPTv1; rua=mailto:a%@b.example",
            "v=TLSRPTv1; rua=mailto:a%0d%0aRCPT@b.example", "v=TLSRPTv1; rua=https://r.example/\u{7}",
            "v=TLSRPTv1; rua=https://r.example/" + String(repeating: "a", count: 1_000),
        ])
    func noRecords(_ text: String) { #expect(TLSReportRecord(parsing: text) == nil) }

    @Test("one record counts, beside others; two are none; destinations are bounded")
    func only() {
        let one = "v=TLSRPTv1; rua=mailto:r@example.com"
        #expect(TLSReportRecord.only(among: ["v=spf1", one]) != nil)
        #expect(TLSReportRecord.only(among: [one, one]) == nil)
        #expect(TLSReportRecord.only(among: []) == nil)
        let many = one + String(repeating: ",mailto:r@example.com", count: 50)
        #expect(TLSReportRecord(parsing: many)?.destinations.count == 5)
    }

    private static func report() throws -> TLSReport {
        let domain = try Domain(parsing: "company-y.example")
        return TLSReport(
            organization: "Company-X", contact: "tls@company-x.example", id: "5065427c-23d3",
            start: Timestamp(seconds: 1_459_468_800), end: Timestamp(seconds: 1_459_555_200),
            policies: [
                .init(
                    kind: .sts, strings: ["version: STSv1", "mode: testing"], domain: domain,
                    hosts: ["*.mail.company-y.example"], successes: 5326,
                    failures: [
                        .init(
                            type: .certificateExpired, sendingAddress: "2001:db8:abcd:12::1",
                            receivingHost: "mx1.mail.company-y.example", receivingAddress: "203.0.113.56",
                            sessions: 100,
                            reason: nil),
                        .init(
                            type: .starttlsNotSupported, sendingAddress: nil,
                            receivingHost: "mx2.mail.company-y.example",
                            receivingAddress: nil, sessions: 203, reason: "500 \"what?\""),
                    ]),
                .init(kind: .none, strings: [], domain: domain, hosts: [], successes: 1, failures: []),
            ])
    }

    @Test("a report is the RFC's JSON (RFC 8460 §4.4)")
    func json() throws {
        let expected = #"""
            {"contact-info":"tls@company-x.example","date-range":{"end-datetime":"2016-04-01T23:59:59Z",\#
            "start-datetime":"2016-04-01T00:00:00Z"},"organization-name":"Company-X","policies":[{"failure-details":\#
            [{"failed-session-count":100,"receiving-ip":"203.0.113.56",\#
            "receiving-mx-hostname":"mx1.mail.company-y.example","result-type":"certificate-expired",\#
            "sending-mta-ip":"2001:db8:abcd:12::1"},{"failed-session-count":203,"failure-reason-code":"500 \"what?\"",\#
            "receiving-mx-hostname":"mx2.mail.company-y.example","result-type":"starttls-not-supported"}],\#
            "policy":{"mx-host":["*.mail.company-y.example"],"policy-domain":"company-y.example",\#
            "policy-string":["version: STSv1","mode: testing"],"policy-type":"sts"},\#
            "summary":{"total-failure-session-count":303,"total-successful-session-count":5326}},\#
            {"failure-details":[],"policy":{"policy-domain":"company-y.example","policy-string":[],\#
            "policy-type":"no-policy-found"},"summary":{"total-failure-session-count":0,\#
            "total-successful-session-count":1}}],"report-id":"5065427c-23d3"}
            """#
        #expect(String(decoding: try Self.report().json(), as: UTF8.self) == expected)
    }

    @Test("a report holds no more than its limits")
    func limits() throws {
        var report = try Self.report()
        report.policies[0].failures = Array(repeating: report.policies[0].failures[0], count: 1_000)
        report.policies = Array(repeating: report.policies[0], count: 1_000)
        let text = String(decoding: try report.json(), as: UTF8.self)
        #expect(text.split(separator: "result-type").count - 1 == 10_000)
        #expect(text.split(separator: "\"policy-type\"").count - 1 == 100)
    }

    @Test("a report travels as multipart/report with the JSON in gzip (RFC 8460 §5.3)")
    func mail() throws {
        let (submitter, domain) = (try Domain(parsing: "company-x.example"), try Domain(parsing: "company-y.example"))
        let bytes = try Self.report().mail(
            from: Mailbox(parsing: "tls@company-x.example"), to: Mailbox(parsing: "r@company-y.example"), on: domain,
            submitter: submitter, random: { 7 })
        let (header, body) = try HeaderSection.parse(bytes)
        #expect(
            header.first("Subject")?.value
                == "Report Domain: company-y.example Submitter: company-x.example Report-ID: <5065427c-23d3@company-x.example>"
        )
        #expect(header.first("TLS-Report-Domain")?.value == "company-y.example")
        #expect(header.first("TLS-Report-Submitter")?.value == "company-x.example")
        #expect(header.first("TLS-Required")?.value == "No")
        #expect(
            header.first("Content-Type")?.value
                == "multipart/report; report-type=\"tlsrpt\"; boundary=\"=_report_77\"")
        let text = String(decoding: bytes[body...], as: UTF8.self)
        let parts = text.components(of: "--=_report_77")
        #expect(parts.count == 4 && parts[0].isEmpty && parts[3] == "--\r\n")
        let (attachment, start) = try HeaderSection.parse(Array(parts[2].utf8.dropFirst(2)))
        let name = "company-x.example!company-y.example!1459468800!1459555199!5065427c23d3.json.gz"
        #expect(attachment.first("Content-Type")?.value == "application/tlsrpt+gzip; name=\"\(name)\"")
        let packed = Base64.decode(Array(Array(parts[2].utf8.dropFirst(2))[start...]))
        #expect(try Self.unpacked(packed) == Self.report().json())
    }

    @Test("gzip gives back what went in", arguments: [0, 1, 1_000, 300_000])
    func gzip(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
        let packed = try Gzip.compress(bytes, .best)
        #expect(packed.starts(with: [0x1F, 0x8B, 8]))
        #expect(try Self.unpacked(packed) == bytes)
    }

    private static func unpacked(_ packed: [UInt8]) throws -> [UInt8] {
        var stream = z_stream()
        try #require(
            inflateInit2_(&stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK)
        defer { inflateEnd(&stream) }
        var (input, output) = (packed, [UInt8](repeating: 0, count: 1 << 20))
        let status = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
                return inflate(&stream, Z_FINISH)
            }
        }
        try #require(status == Z_STREAM_END)
        return Array(output.prefix(Int(stream.total_out)))
    }
}

extension String {
    fileprivate func components(of mark: String) -> [String] {
        split(separator: mark, omittingEmptySubsequences: false).map(String.init)
    }
}
