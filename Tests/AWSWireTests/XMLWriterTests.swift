// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AWSWire

@Suite("Query, out")
struct XMLWriterTests {
    struct Attributes: Encodable {
        var status = "Success"
        var token: String?
    }
    struct Output: Encodable {
        var identities: [String]?
        var max24HourSend: Double?
        var enabled: Bool?
        var when: Moment?
        var attributes: WireMap<Attributes>?
        var tags: [Attributes]?
        var text: String?
    }

    private func xml(_ output: some Encodable) throws -> String {
        let body = try XMLWriter.response(output, operation: "Op", namespace: "http://ns/", requestID: "id")
        let text = String(decoding: body, as: UTF8.self)
        let head = "<OpResponse xmlns=\"http://ns/\"><OpResult>"
        let tail = "</OpResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></OpResponse>"
        try #require(text.hasPrefix(head) && text.hasSuffix(tail))
        return String(text.dropFirst(head.count).dropLast(tail.count))
    }

    @Test("writes every shape")
    func shapes() throws {
        #expect(try xml(Empty()) == "")
        #expect(
            try xml(Output(identities: ["a", "b"])) == "<Identities><member>a</member><member>b</member></Identities>")
        #expect(try xml(Output(identities: [])) == "<Identities></Identities>")
        #expect(try xml(Output(max24HourSend: 50_000.5)) == "<Max24HourSend>50000.5</Max24HourSend>")
        #expect(try xml(Output(enabled: false)) == "<Enabled>false</Enabled>")
        #expect(
            try xml(Output(when: Moment(milliseconds: 1_795_506_173_250))) == "<When>2026-11-24T07:42:53Z</When>")
        #expect(
            try xml(Output(tags: [Attributes(token: "t")]))
                == "<Tags><member><Status>Success</Status><Token>t</Token></member></Tags>")
    }

    @Test("writes maps as entries, with their keys untouched")
    func maps() throws {
        let map = WireMap([(key: "ada@example.com", value: Attributes()), (key: "<b>", value: Attributes(token: "t"))])
        #expect(
            try xml(Output(attributes: map))
                == "<Attributes><entry><key>ada@example.com</key><value><Status>Success</Status></value></entry>"
                + "<entry><key>&lt;b&gt;</key><value><Status>Success</Status><Token>t</Token></value></entry></Attributes>"
        )
        #expect(try xml(Output(attributes: WireMap([]))) == "<Attributes></Attributes>")
    }

    @Test(
        "cannot be broken out of",
        arguments: [
            ("</Text><Code>", "&lt;/Text&gt;&lt;Code&gt;"), ("&amp;", "&amp;amp;"), ("\"", "&quot;"), ("]]>", "]]&gt;"),
            ("a\u{0}\u{8}\u{b}\u{1f}b", "a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}b"), ("\u{FFFE}\u{FFFF}", "\u{FFFD}\u{FFFD}"),
            ("\t\n", "\t\n"), ("a\r\nb", "a&#13;\nb"), ("é😀", "é😀"),
        ])
    func escaping(_ text: String, _ expected: String) throws {
        #expect(try xml(Output(text: text)) == "<Text>\(expected)</Text>")
        let error = XMLWriter.error(ServiceError(text, text), namespace: "n", requestID: "id")
        #expect(
            String(decoding: error, as: UTF8.self)
                == "<ErrorResponse xmlns=\"n\"><Error><Type>Sender</Type><Code>\(expected)</Code><Message>\(expected)"
                + "</Message></Error><RequestId>id</RequestId></ErrorResponse>")
    }

    @Test(
        "says whose fault an error is",
        arguments: [(400, "Sender"), (403, "Sender"), (500, "Receiver"), (503, "Receiver")])
    func fault(_ status: Int, _ type: String) {
        let error = XMLWriter.error(ServiceError("C", nil, status: status), namespace: "n", requestID: "id")
        #expect(
            String(decoding: error, as: UTF8.self).contains("<Type>\(type)</Type><Code>C</Code><Message></Message>"))
    }
}
