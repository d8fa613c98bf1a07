// SPDX-License-Identifier: Apache-2.0

import Compression
import FoundationEssentials
import Synchronization
import Testing

@testable import AWSWire

@Suite("Smithy's RPC v2 CBOR")
struct RPCTests {
    private let toys = Toys()
    private static let say = "/service/Toys/operation/Say"
    private static let scalars = "/service/RpcV2Protocol/operation/SimpleScalarProperties"

    private func map(_ members: KeyValuePairs<String, CBORValue>) -> [UInt8] {
        CBORValue.map(members.map { CBORValue.Member($0.key, $0.value) }).octets
    }

    private func sorted(_ octets: [UInt8]) throws -> [CBORValue.Member] {
        guard case .map(let members) = try CBORValue(reading: octets) else { return [] }
        return members.sorted { $0.name < $1.name }
    }

    // Smithy's protocol tests for servers: smithy-protocol-tests/model/rpcv2Cbor/cbor-structs.smithy.
    @Test(
        "what Smithy's protocol tests send",
        arguments: [
            // SimpleScalarProperties
            "v2lieXRlVmFsdWUFa2RvdWJsZVZhbHVl+z/+OVgQYk3TcWZhbHNlQm9vbGVhblZhbHVl9GpmbG9hdFZhbHVl+kD0AABsaW50ZWdlclZhbHVlGQEA"
                + "aWxvbmdWYWx1ZRkmkWpzaG9ydFZhbHVlGSaqa3N0cmluZ1ZhbHVlZnNpbXBsZXB0cnVlQm9vbGVhblZhbHVl9WlibG9iVmFsdWVDZm9v/w==",
            // SimpleScalarPropertiesUsingIndefiniteLength
            "qmlieXRlVmFsdWUFf2Zkb3VibGVlVmFsdWX/+z/+OVgQYk3Tf2VmYWxzZWdCb29sZWFuZVZhbHVl//RqZmxvYXRWYWx1ZfpA9AAAbGludGVnZXJW"
                + "YWx1ZRkBAGlsb25nVmFsdWUZJpFqc2hvcnRWYWx1ZRkmqn9mc3RyaW5nZVZhbHVl/2ZzaW1wbGVwdHJ1ZUJvb2xlYW5WYWx1ZfVpYmxvYlZh"
                + "bHVlQ2Zvbw==",
            // ExtraFieldsInTheBodyShouldBeSkippedByServers
            "v2lieXRlVmFsdWUFa2RvdWJsZVZhbHVl+z/+OVgQYk3TcWZhbHNlQm9vbGVhblZhbHVl9GpmbG9hdFZhbHVl+kD0AABrZXh0cmFPYmplY3S/c2lu"
                + "ZGVmaW5pdGVMZW5ndGhNYXC/a3dpdGhBbkFycmF5nwECA///cWRlZmluaXRlTGVuZ3RoTWFwo3J3aXRoQURlZmluaXRlQXJyYXmDAQIDeB1h"
                + "bmRTb21lSW5kZWZpbml0ZUxlbmd0aFN0cmluZ3gfdGhhdCBoYXMsIGJlZW4gY2h1bmtlZCBvbiBjb21tYWxub3JtYWxTdHJpbmdjZm9vanNo"
                + "b3J0VmFsdWUZJw9uc29tZU90aGVyRmllbGR2dGhpcyBzaG91bGQgYmUgc2tpcHBlZP9saW50ZWdlclZhbHVlGQEAaWxvbmdWYWx1ZRkmkWpz"
                + "aG9ydFZhbHVlGSaqa3N0cmluZ1ZhbHVlZnNpbXBsZXB0cnVlQm9vbGVhblZhbHVl9WlibG9iVmFsdWVDZm9v/w==",
        ])
    func scalars(_ base64: String) async throws {
        let body = Array(try #require(Data(base64Encoded: base64)))
        let answer = await toys.octets(Call.rpc(Self.scalars, body).signed)
        #expect(answer.status == 200)
        #expect(
            try sorted(answer.body) == [
                .init("blobValue", .bytes(Array("foo".utf8))), .init("byteValue", .unsigned(5)),
                .init("doubleValue", .double(1.889)), .init("falseBooleanValue", .boolean(false)),
                .init("floatValue", .double(7.625)), .init("integerValue", .unsigned(256)),
                .init("longValue", .unsigned(9873)), .init("shortValue", .unsigned(9898)),
                .init("stringValue", .text("simple")), .init("trueBooleanValue", .boolean(true)),
            ])
    }

    @Test(
        "and its other ones",
        arguments: [
            // ServerDoesntDeSerializeNullStructureValues, and undefined for null
            ("v2tzdHJpbmdWYWx1Zfb/", []), ("v2tzdHJpbmdWYWx1Zff/", []), ("v/8=", []), ("", []),
            (
                "oWtzdHJpbmdWYWx1ZX94HUFuIGV4YW1wbGUgaW5kZWZpbml0ZSBzdHJpbmcscSBjaHVua2VkIG9uIGNvbW1h/w==",
                [.init("stringValue", .text("An example indefinite string, chunked on comma"))]
            ),
            (
                "oWlibG9iVmFsdWVfWCJBbiBleGFtcGxlIGluZGVmaW5pdGUtYnl0ZSBzdHJpbmcsUSBjaHVua2VkIG9uIGNvbW1h/w==",
                [.init("blobValue", .bytes(Array("An example indefinite-byte string, chunked on comma".utf8)))]
            ),
            (
                "v2tkb3VibGVWYWx1Zfk+AGpmbG9hdFZhbHVl+UegbGludGVnZXJWYWx1ZRg4aWxvbmdWYWx1ZRkBAGpzaG9ydFZhbHVlCv8=",
                [
                    .init("doubleValue", .double(1.5)), .init("floatValue", .double(7.625)),
                    .init("integerValue", .unsigned(56)), .init("longValue", .unsigned(256)),
                    .init("shortValue", .unsigned(10)),
                ]
            ),
        ] as [(String, [CBORValue.Member])])
    func others(_ base64: String, _ expected: [CBORValue.Member]) async throws {
        let body = Array(try #require(Data(base64Encoded: base64)))
        let answer = await toys.octets(Call.rpc(Self.scalars, body).signed)
        #expect(answer.status == 200)
        #expect(try sorted(answer.body) == expected)
    }

    @Test("numbers and moments come back as they were, to the last digit")
    func exact() async throws {
        for (name, value) in [
            ("longValue", .negative(UInt64(Int64.max))), ("longValue", .unsigned(UInt64(Int64.max))),
            ("byteValue", .negative(127)), ("doubleValue", .double(.leastNonzeroMagnitude)),
            ("doubleValue", .double(.greatestFiniteMagnitude)), ("doubleValue", .double(0.1)),
            ("doubleValue", .double(-0.0)), ("doubleValue", .double(3)), ("blobValue", .bytes(Array(0...255))),
            ("stringValue", .text("\u{0}\"\\\u{2028}e\u{301}")),
        ] as [(String, CBORValue)] {
            let body = map([name: value])
            let answer = await toys.octets(Call.rpc(Self.scalars, body).signed)
            #expect(answer.status == 200 && answer.body == body, "\(value)")
        }
        let path = "/service/RpcV2Protocol/operation/FractionalSeconds"
        for (sent, given) in [
            (nil, .double(946_845_296.123)), (.unsigned(1_363_896_240), .unsigned(1_363_896_240)),
            (.double(1_363_896_240.5), .double(1_363_896_240.5)), (.double(1e9), .unsigned(1_000_000_000)),
            (.negative(0), .negative(0)),
        ] as [(CBORValue?, CBORValue)] {
            let body = sent.map { map(["datetime": .tagged(1, $0)]) } ?? []
            let answer = await toys.octets(Call.rpc(path, body).signed)
            #expect(answer.body == map(["datetime": .tagged(1, given)]))
        }
    }

    @Test("an answer says its protocol, an empty one too")
    func headers() async {
        let answer = await toys.octets(Call.rpc("/service/RpcV2Protocol/operation/EmptyInputOutput").signed)
        #expect(answer.status == 200 && answer.body == [0xA0])
        #expect(
            answer.headers == [
                "Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "x-amzn-RequestId": "id-1",
            ])
    }

    @Test(
        "only the last four segments count, and the service may have its namespace",
        arguments: [
            say, "/v1\(say)", "/v2/email\(say)", "//\(say)", "/service/com.example.Toys/operation/Say",
            "/service/X/operation/Y/service/Toys/operation/Say",
        ])
    func paths(_ path: String) async throws {
        let body = map(["Name": .text("a"), "Words": .array([.text("x")]), "PageSize": .unsigned(5)])
        let answer = await toys.octets(Call.rpc(path, body).signed)
        #expect(answer.status == 200)
        #expect(
            try sorted(answer.body) == [
                .init("Identity", .text("somebody")), .init("Said", .text("a/5")), .init("Words", .array([.text("x")])),
            ])
    }

    @Test(
        "without the header, or with another path, it is another protocol",
        arguments: [
            ("\(say)/", "rpc-v2-cbor"), ("/service/Toys/operation/", "rpc-v2-cbor"),
            ("/service//operation/Say", "rpc-v2-cbor"),
            ("/service/.../operation/Say", "rpc-v2-cbor"),
            ("/Service/Toys/operation/Say", "rpc-v2-cbor"), ("/", "rpc-v2-cbor"), ("/operation/Say", "rpc-v2-cbor"),
            (say, "rpc-v2-json"), (say, ""), (say, "RPC-V2-CBOR"),
        ])
    func notOurs(_ path: String, _ name: String) {
        var call = Call.rpc(path)
        call.headers[0].1 = name
        #expect(toys.router.wire(of: call.signed) == .query(namespace: Toys.namespace))
    }

    @Test(
        "errors are named by shape in the body and by code in the header",
        arguments: [
            ("refused", 404, "com.example.toys#NotFound", "No <refused>.", "NotFoundException;Sender"),
            ("silent", 400, "BadRequestException", nil, "BadRequestException;Sender"),
            (
                "broken", 500, "InternalServiceErrorException", "Internal failure, try again.",
                "InternalServiceErrorException;Receiver"
            ),
        ] as [(String, Int, String, String?, String)])
    func errors(_ name: String, _ status: Int, _ shape: String, _ message: String?, _ code: String) async throws {
        let answer = await toys.octets(Call.rpc(Self.say, map(["Name": .text(name)])).signed)
        #expect(answer.status == status && answer.headers["x-amzn-query-error"] == code)
        #expect(answer.headers["smithy-protocol"] == "rpc-v2-cbor" && answer.headers["x-amzn-RequestId"] == "id-1")
        #expect(answer.headers["Content-Type"] == "application/cbor" && answer.headers["x-amzn-ErrorType"] == nil)
        let expected =
            [CBORValue.Member("__type", .text(shape))] + (message.map { [.init("message", .text($0))] } ?? [])
        #expect(try sorted(answer.body) == expected)
    }

    @Test(
        "what cannot be read",
        arguments: [
            "ff", "80", "00", "f6", "a1", "a0a0", "a1644e616d6501", "a1644e616d65f7", "a1644e616d654161ff",
            "a2644e616d656161644e616d656161", "a2644e616d656161f5f5", "a2644e616d656161616bc24101",
            "a2644e616d656161616bc16161", "a2644e616d656161616bc1f97e00", "a2644e616d65616165576f7264736161",
            "a2644e616d6561616850616765 53697a65fb7e37e43c8800759c",
            "a2644e616d6561616850616765 53697a653bffffffffffffffff",
        ])
    func unreadable(_ hex: String) async throws {
        let answer = await toys.octets(Call.rpc(Self.say, octets(hex)).signed)
        #expect(answer.status == 400)
        let type = try sorted(answer.body).first
        let expected = hex == "a1644e616d65f7" ? "BadRequestException" : "SerializationException"
        #expect(type == .init("__type", .text(expected)))
        #expect(toys.recorder.calls.withLock { $0 } == ["Say: \(expected)"])
    }

    @Test("a number beyond its type is told as what was sent", arguments: [CBORValue.unsigned(128), .double(1.5)])
    func beyond(_ value: CBORValue) async throws {
        let answer = await toys.octets(Call.rpc(Self.scalars, map(["byteValue": value])).signed)
        #expect(answer.status == 400)
        #expect(
            try sorted(answer.body) == [
                .init("__type", .text("SerializationException")),
                .init("message", .text("The request body is not valid CBOR.")),
            ])
    }

    @Test("a request that names two operations is refused", arguments: ["x-amz-target", "x-amzn-target"])
    func twice(_ header: String) async throws {
        let call = Call.rpc(Self.say, map(["Name": .text("a")]), headers: [(header, "A.Other")])
        let answer = await toys.octets(call.signed)
        #expect(answer.status == 400)
        #expect(try sorted(answer.body).first == .init("__type", .text("SerializationException")))
        #expect(toys.recorder.calls.withLock { $0 } == ["Say: SerializationException"])
    }

    @Test("only CBOR, only by POST, only what there is")
    func refusals() async throws {
        let body = map(["Name": .text("a")])
        var got = Call.rpc(Self.say, body)
        got.method = "GET"
        var elsewhere = Call.rpc(Self.say, body)
        elsewhere.service = "postern"
        for (call, status, type) in [
            (
                Call.rpc(Self.say, body, headers: [("content-type", "application/json")]), 415,
                "UnsupportedMediaTypeException"
            ),
            (.rpc(Self.say, body, headers: [("content-type", "")]), 415, "UnsupportedMediaTypeException"),
            (.rpc(Self.say, body, headers: [("content-type", "Application/CBOR; x=y")]), 200, nil),
            (.rpc("/service/Toys/operation/Nothing", body), 400, "UnknownOperationException"),
            (.rpc("/service/Toys/operation/com.example.Say", body), 400, "UnknownOperationException"),
            (.rpc("/service/Nothing/operation/Say", body), 404, "UnknownOperationException"),
            (elsewhere, 404, "UnknownOperationException"), (got, 400, "UnknownOperationException"),
        ] as [(Call, Int, String?)] {
            let answer = await toys.octets(call.signed)
            #expect(answer.status == status && answer.headers["smithy-protocol"] == "rpc-v2-cbor", "\(call)")
            if let type { #expect(try sorted(answer.body).first == .init("__type", .text(type))) }
        }
    }

    @Test("a compressed body is read")
    func compressed() async throws {
        let body = map(["Name": .text(String(repeating: "a", count: 900_000))])
        let call = Call.rpc(Self.say, try Gzip.compress(body, .quick), headers: [("content-encoding", "gzip")])
        #expect(await toys.octets(call.signed).status == 200)
    }

    @Test("signatures are refused in CBOR before anything is known")
    func signatures() async throws {
        var wrong = Call.rpc(Self.say)
        wrong.secret = [1]
        var unknown = Call.rpc("/service/Nothing/operation/Say")
        unknown.accessKeyID = "AKIAUNKNOWN"
        let signed = Call.rpc(Self.say).signed
        let bare = WireRequest(
            method: "POST", path: signed.path, query: "", headers: signed.headers.filter { $0.name != "authorization" },
            body: [])
        for (request, status, code) in [
            (wrong.signed, 403, "InvalidSignatureException"), (unknown.signed, 403, "UnrecognizedClientException"),
            (bare, 403, "MissingAuthenticationTokenException"),
        ] {
            let answer = await toys.octets(request)
            #expect(answer.status == status && answer.headers["x-amzn-query-error"] == "\(code);Sender")
            #expect(answer.headers["smithy-protocol"] == "rpc-v2-cbor")
            #expect(try sorted(answer.body).first == .init("__type", .text(code)))
        }
    }

    @Test("what a record needs is there: the operation and its input as JSON")
    func recorded() throws {
        let request = Call.rpc("/service/Toys/operation/Say%22").signed
        #expect(ServiceCall.name(in: request) == "UnknownOperation")
        #expect(ServiceCall.name(in: Call.rpc("/x/service/Toys/operation/Other").signed) == "Other")
        let input = try CBORCodec.json(
            map([
                "Name": .text("a"), "At": .tagged(1, .double(1.5)), "Data": .bytes([1, 2]), "Rate": .double(.infinity),
                "Least": .negative(.max), "Flags": .array([.boolean(true), .null]),
            ]))
        #expect(
            String(decoding: input, as: UTF8.self)
                == #"{"Name":"a","At":1.5,"Data":"AQI=","Rate":"Infinity","Least":-18446744073709551616,"Flags":[true,null]}"#
        )
    }
}
