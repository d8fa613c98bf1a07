// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Compression
import Synchronization
import Testing

@Suite("One port, all protocols")
struct ServiceRouterTests {
    private let toys = Toys()
    private static let sender = "<ErrorResponse xmlns=\"\(Toys.namespace)\"><Error><Type>Sender</Type>"

    @Test(
        "labels, parameters and body are one input",
        arguments: [
            ("/v2/toys/ada", "", "", "ada"), ("/v2/toys/ada%2Blist%40example.com", "{}", "", "ada+list@example.com"),
            ("/v2/toys/a+b", " {} ", "", "a+b"), ("/v2/toys/a%2Fb", "\n{ }", "PageSize=5", "a/b/5"),
            ("/v2/toys/%22%7D%5C", "{\"Unknown\":1}", "PageSize=5&Unknown=2", "\"}\\/5"),
            ("/v2/toys/label", "{\"Name\":\"body\"}", "Name=parameter", "label"),
            ("/v2/toys/label", "{\"name\":\"body\"}", "name=parameter", "label"),
        ])
    func rest(_ path: String, _ body: String, _ query: String, _ said: String) async throws {
        let answer = await toys.answer(Call.rest(path, body, query: query).signed)
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == "application/json" && answer.headers["x-amzn-RequestId"] == "id-1")
        let text = said.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        #expect(answer.body.contains("\"Said\":\"\(text)\"") && answer.body.contains("\"Identity\":\"somebody\""))
    }

    @Test("Query answers in XML")
    func query() async {
        let form = "Action=Say&Version=2010-12-01&Name=a%26b&Words.member.2=y&Words.member.1=x&PageSize=5"
        let answer = await toys.answer(Call.query(form).signed)
        #expect(answer.status == 200 && answer.headers["Content-Type"] == "text/xml")
        #expect(
            answer.body == "<SayResponse xmlns=\"\(Toys.namespace)\"><SayResult><Identity>somebody</Identity>"
                + "<Said>a&amp;b/5</Said><Words><member>x</member><member>y</member></Words></SayResult>"
                + "<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></SayResponse>")
    }

    @Test("JSON by target", arguments: ["Postern_20261124.Say", "com.amazonaws.postern.Postern_20261124.Say"])
    func json(_ target: String) async {
        let answer = await toys.answer(Call.json(target, "{\"Name\":\"a\"}").signed)
        #expect(answer.status == 200 && answer.headers["Content-Type"] == "application/x-amz-json-1.1")
        #expect(answer.body.contains("\"Said\":\"a\""))
    }

    @Test(
        "rest-json errors",
        arguments: [
            ("/v2/toys/refused", "{}", 404, "NotFoundException", "{\"message\":\"No <refused>.\"}"),
            ("/v2/toys/silent", "{}", 400, "BadRequestException", "{\"message\":null}"),
            ("/v2/toys", "{}", 404, "UnknownOperationException", "{\"message\":null}"),
            ("/v2/toys/", "{}", 404, "UnknownOperationException", "{\"message\":null}"),
            ("/v2/toys/a/b", "{}", 404, "UnknownOperationException", "{\"message\":null}"),
            ("/v2/nothing", "{}", 404, "UnknownOperationException", "{\"message\":null}"),
            (
                "/v2/toys/broken", "{}", 500, "InternalServiceErrorException",
                "{\"message\":\"Internal failure, try again.\"}"
            ),
        ])
    func restErrors(_ path: String, _ body: String, _ status: Int, _ code: String, _ text: String) async {
        let answer = await toys.answer(Call.rest(path, body).signed)
        #expect(answer.status == status && answer.headers["x-amzn-ErrorType"] == code && answer.body == text)
        #expect(answer.headers["x-amzn-RequestId"] == "id-1")
    }

    @Test(
        "what cannot be read",
        arguments: ["[", "[]", "\"\"", "{", "{,", "{\"Words\":1}", "{\"Words\":[{}]}", "{}x", "\u{FEFF}x"])
    func serialization(_ body: String) async {
        let answer = await toys.answer(Call.rest("/v2/toys/a", body).signed)
        #expect(answer.status == 400 && answer.headers["x-amzn-ErrorType"] == "SerializationException", "\(answer)")
    }

    @Test(
        "Query errors",
        arguments: [
            ("Action=Say&Name=refused", 404, "<Code>NotFoundException</Code><Message>No &lt;refused&gt;.</Message>"),
            (
                "Action=Nothing&Version=2010-12-01", 400,
                "<Code>InvalidAction</Code><Message>Could not find operation Nothing for version 2010-12-01</Message>"
            ),
            (
                "Action=Say&Version=2019-09-27&Name=a", 400,
                "<Code>InvalidAction</Code><Message>Could not find operation Say for version 2019-09-27</Message>"
            ),
            (
                "Action=%3C%2FMessage%3E", 400,
                "<Code>InvalidAction</Code><Message>Could not find operation &lt;/Message&gt; "
                    + "for version 2010-12-01</Message>"
            ),
            (
                "Action=Say", 400,
                "<Code>ValidationError</Code><Message>1 validation error detected: Value null at 'name' failed to "
                    + "satisfy constraint: Member must not be null</Message>"
            ),
            ("Name=a", 400, "<Code>MissingAction</Code>"), ("", 400, "<Code>MissingAction</Code>"),
            ("Action=Say&Name=a&Name=b", 400, "<Code>MalformedInput</Code>"),
            ("Action=Say&Name.member.1=a", 400, "<Code>MalformedInput</Code>"),
        ])
    func queryErrors(_ form: String, _ status: Int, _ text: String) async {
        let answer = await toys.answer(Call.query(form).signed)
        #expect(answer.status == status && answer.body.hasPrefix(Self.sender + text), "\(answer)")
        #expect(answer.body.hasSuffix("</Message></Error><RequestId>id-1</RequestId></ErrorResponse>"))
    }

    @Test(
        "json-1.1 errors",
        arguments: [
            (
                "A.Say", "{\"Name\":\"refused\"}", 404,
                "{\"__type\":\"NotFoundException\",\"message\":\"No <refused>.\"}"
            ),
            ("A.Nothing", "{}", 400, "{\"__type\":\"UnknownOperationException\"}"),
            ("", "{}", 400, "{\"__type\":\"UnknownOperationException\"}"),
            (
                "A.Say", "{", 400,
                "{\"__type\":\"SerializationException\",\"message\":\"The request body is not valid JSON.\"}"
            ),
        ])
    func jsonErrors(_ target: String, _ body: String, _ status: Int, _ text: String) async {
        let answer = await toys.answer(Call.json(target, body).signed)
        #expect(answer.status == status && answer.body == text, "\(answer)")
    }

    @Test(
        "json-1.0 errors name the code that Query had",
        arguments: [
            ("refused", "NotFoundException;Sender", 404), ("broken", "InternalServiceErrorException;Receiver", 500),
        ])
    func newerErrors(_ name: String, _ error: String, _ status: Int) async {
        let answer = await toys.answer(Call.newer("A.Say", Array("{\"Name\":\"\(name)\"}".utf8)).signed)
        #expect(answer.status == status && answer.headers["x-amzn-query-error"] == error, "\(answer)")
        let other = await toys.answer(Call.json("A.Say", "{\"Name\":\"\(name)\"}").signed)
        #expect(other.status == status && other.headers["x-amzn-query-error"] == nil)
    }

    @Test("one service speaks JSON and Query")
    func both() async {
        let newer = await toys.answer(Call.newer("A.Say", Array("{\"Name\":\"a\"}".utf8)).signed)
        #expect(newer.headers["Content-Type"] == "application/x-amz-json-1.0" && newer.body.contains("\"Said\":\"a\""))
        let older = await toys.answer(Call.query("Action=Say&Version=2010-12-01&Name=a", service: "monitoring").signed)
        #expect(older.headers["Content-Type"] == "text/xml" && older.body.contains("<Said>a</Said>"))
    }

    @Test("a compressed body is read, one that is too large or none is refused")
    func compressed() async throws {
        func answer(_ body: [UInt8]) async -> (status: Int, headers: [String: String], body: String) {
            await toys.answer(Call.newer("A.Say", body, encoding: "gzip").signed)
        }
        let small = Array("{\"Name\":\"\(String(repeating: "a", count: 900_000))\"}".utf8)
        let large = Array("{\"Name\":\"\(String(repeating: "a", count: 1 << 20))\"}".utf8)
        #expect(await answer(try Gzip.compress(small, .quick)).status == 200)
        for wrong in [try Gzip.compress(large, .quick), Array("{}".utf8), []] {
            let refused = await answer(wrong)
            #expect(refused.status == 400 && refused.body.contains("SerializationException"), "\(refused)")
        }
    }

    @Test(
        "our own failures say nothing of how, and are reported once",
        arguments: [
            Call.rest("/v2/toys/broken"), .query("Action=Say&Name=broken"), .json("A.Say", "{\"Name\":\"broken\"}"),
        ])
    func failures(_ call: Call) async {
        let answer = await toys.answer(call.signed)
        #expect(answer.status == 500 && !answer.body.contains("hunter2"))
        #expect(toys.reports.requestIDs == ["id-1"])
    }

    @Test("a request is only for the service its signature names")
    func services() async {
        let sts = await toys.answer(Call.query("Action=Say&Name=a&Version=2011-06-15", service: "sts").signed)
        #expect(sts.status == 200 && sts.body.contains("https://sts.example/"))
        var rest = Call.rest("/v2/toys/a")
        rest.service = "sts"
        #expect(await toys.answer(rest.signed).status == 404)
        rest.service = "s3"
        #expect(await toys.answer(rest.signed).status == 403)
        var target = Call.json("A.Say", "{\"Name\":\"a\"}")
        target.service = "ses"
        #expect(await toys.answer(target.signed).status == 404)
    }

    @Test(
        "one region; STS also under us-east-1",
        arguments: [
            ("ses", "eu-west-1", 200), ("ses", "us-east-1", 403), ("sts", "us-east-1", 200), ("sts", "eu-west-1", 200),
            ("sts", "eu-west-2", 403), ("ses", "", 403), ("SES", "eu-west-1", 403), ("ses", "EU-WEST-1", 403),
        ])
    func regions(_ service: String, _ region: String, _ status: Int) async {
        var call = Call.query("Action=Say&Name=a", service: service)
        call.region = region
        #expect(await toys.answer(call.signed).status == status)
    }

    @Test("each refusal of a signature in each protocol's words")
    func signatures() async {
        for (change, query, other) in Self.refusals {
            for (call, expected) in [
                (Call.query("Action=Say&Name=a"), query), (.rest("/v2/toys/a"), other), (.json("A.Say", "{}"), other),
            ] {
                var call = call
                let request = change(&call)
                let answer = await toys.answer(request ?? call.signed)
                let told = answer.headers["x-amzn-ErrorType"] ?? answer.body
                #expect(told.contains(expected), "\(expected): \(answer)")
                #expect(
                    answer.status
                        == (expected.hasPrefix("Incomplete") ? 400 : expected.hasPrefix("Internal") ? 500 : 403))
                #expect(!answer.body.contains("Said"))
            }
        }
    }

    private static let refusals: [(@Sendable (inout Call) -> WireRequest?, String, String)] = [
        (
            {
                $0.accessKeyID = "AKIAUNKNOWN"
                return nil
            }, "InvalidClientTokenId", "UnrecognizedClientException"
        ),
        (
            {
                $0.accessKeyID = "AKIATOKEN"
                return nil
            }, "InvalidClientTokenId", "UnrecognizedClientException"
        ),
        (
            {
                $0.headers.append(("x-amz-security-token", "x"))
                return nil
            }, "InvalidClientTokenId", "UnrecognizedClientException"
        ),
        (
            {
                $0.accessKeyID = "AKIALATER"
                return nil
            }, "InternalFailure", "InternalServiceErrorException"
        ),
        (
            {
                $0.secret = [1]
                return nil
            }, "SignatureDoesNotMatch", "InvalidSignatureException"
        ),
        (
            {
                $0.region = "mars-1"
                return nil
            }, "SignatureDoesNotMatch", "InvalidSignatureException"
        ),
        ({ bare($0, without: "authorization") }, "MissingAuthenticationToken", "MissingAuthenticationTokenException"),
        (
            {
                $0.query = "X-Amz-Signature=0"
                return bare($0, without: "authorization")
            }, "MissingAuthenticationToken",
            "MissingAuthenticationTokenException"
        ),
        ({ bare($0, without: "x-amz-date") }, "IncompleteSignature", "IncompleteSignatureException"),
    ]

    private static func bare(_ call: Call, without name: String) -> WireRequest {
        let sent = call.signed
        return WireRequest(
            method: sent.method, path: sent.path, query: sent.query, headers: sent.headers.filter { $0.name != name },
            body: sent.body)
    }

    @Test("a session's key works with its token")
    func session() async {
        var call = Call.rest("/v2/toys/a")
        call.accessKeyID = "AKIATOKEN"
        call.headers = [("x-amz-security-token", "token")]
        #expect(await toys.answer(call.signed).status == 200)
    }

    @Test("a key that was used once does not help another secret")
    func keyCache() async {
        var call = Call.rest("/v2/toys/a")
        #expect(await toys.answer(call.signed).status == 200)
        call.secret = Array("another".utf8)
        #expect(await toys.answer(call.signed).status == 403)
        call.secret = Botocore.secret
        #expect(await toys.answer(call.signed).status == 200)
    }

    @Test("every call is on record before it is answered, whatever came of it")
    func recorded() async throws {
        _ = await toys.answer(Call.json("A.Say", #"{"Name":"x"}"#).signed)
        _ = await toys.answer(Call.json("A.Unknown", "{}").signed)
        _ = await toys.answer(Call.json("A.\"};drop", "{}").signed)
        let calls = toys.recorder.calls.withLock { $0 }
        #expect(
            calls == [
                "Say", "Unknown: UnknownOperationException", "UnknownOperation: UnknownOperationException",
            ])
    }

    @Test("a call whose record cannot be kept is not answered")
    func unrecorded() async throws {
        var call = Call.json("A.Say", #"{"Name":"x"}"#)
        call.headers.append(("user-agent", "full disk"))
        let answer = await toys.answer(call.signed)
        #expect(answer.status == 500 && !answer.body.contains("Said"))
    }

    @Test(
        "bodies have limits before they are read",
        arguments: [
            (Call.rest("/v2/toys/a"), 1 << 20), (.json("A.Say", ""), 1 << 20),
            (.rest("/v2/email/outbound-emails"), 56 << 20),
        ])
    func limits(_ call: Call, _ expected: Int) async throws {
        #expect(
            try await toys.router.admit(
                call.signed, over: WireConnection(sourceAddress: "192.0.2.1", tlsVersion: nil), requestID: "id-1"
            ).maximumBody == expected)
    }
}
