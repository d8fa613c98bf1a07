// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Synchronization

/// A service small enough to see through, in every protocol.
struct Echo: Operation {
    static let route = Route.rest("POST", "/v2/toys/{Name}")
    struct Input: Decodable {
        var name: String
        var words: [String]?
        var pageSize: Number?
    }
    struct Output: Encodable {
        let said: String
        let words: [String]
        let identity: String
    }

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        switch input.name {
        case "refused": throw ServiceError("NotFoundException", "No <\(input.name)>.", status: 404)
        case "silent": throw ServiceError("BadRequestException", nil)
        case "broken": throw Broken()
        default:
            Output(
                said: input.name + (input.pageSize.map { "/\($0.value)" } ?? ""), words: input.words ?? [],
                identity: context.identity as? String ?? "")
        }
    }

    struct Broken: Error, CustomStringConvertible { let description = "password is hunter2" }
}

/// The same, where the protocol has no paths.
struct Say: Operation {
    static let route = Route.query(service: "ses")
    func run(_ input: Echo.Input, as context: RequestContext) async throws -> Echo.Output {
        try await Echo().run(input, as: context)
    }
}

struct ListToys: Operation {
    static let route = Route.rest("GET", "/v2/toys")
    func run(_ input: Empty, as context: RequestContext) async throws -> Empty { Empty() }
}

/// Gives back what it is given: all that Smithy calls simple (`RpcV2Protocol` in its protocol tests).
struct SimpleScalarProperties: Operation {
    static let route = Route.rpc
    struct Scalars: Codable, Hashable {
        var byteValue: Int8?
        var doubleValue: Double?
        var falseBooleanValue: Bool?
        var floatValue: Float?
        var integerValue: Int32?
        var longValue: Int64?
        var shortValue: Int16?
        var stringValue: String?
        var trueBooleanValue: Bool?
        var blobValue: Blob?
    }

    func run(_ input: Scalars, as context: RequestContext) async throws -> Scalars { input }
}

struct FractionalSeconds: Operation {
    static let route = Route.rpc
    struct Output: Encodable { let datetime: Moment }
    struct Input: Decodable { var datetime: Moment? }

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        Output(datetime: input.datetime ?? Moment(milliseconds: 946_845_296_123))
    }
}

struct EmptyInputOutput: Operation {
    static let route = Route.rpc
    func run(_ input: Empty, as context: RequestContext) async throws -> Empty { Empty() }
}

extension Route {
    /// `/service/RpcV2Protocol/operation/NAME`, whatever a route says.
    fileprivate static let rpc = Route.json(prefix: "RpcV2Protocol")
}

/// What the router told of failures that are its own side's.
final class Reports: Sendable {
    private let told = Mutex<[String]>([])
    var requestIDs: [String] { told.withLock { $0 } }
    func report(_ requestID: String, _ error: any Error) { told.withLock { $0.append(requestID) } }
}

struct ToyCredentials: CredentialProvider {
    func credential(for accessKeyID: String, sessionToken: String?) async -> CredentialLookup {
        switch (accessKeyID, sessionToken) {
        case (Botocore.accessKeyID, nil), ("AKIATOKEN", "token"):
            .found(secret: Botocore.secret, identity: "somebody")
        case ("AKIALATER", _): .unavailable
        default: .unknown
        }
    }
}

/// What was told of calls, in order: `Say` or `Say: MalformedInput`, and `mismatch` for who was turned away.
final class ToyRecorder: CallRecorder {
    let calls = Mutex<[String]>([])

    func ended(_ call: ServiceCall, _ context: RequestContext, _ error: ServiceError?) async throws {
        calls.withLock { $0.append(error.map { "\(call.name): \($0.code)" } ?? call.name) }
        if context.userAgent == "full disk" { throw ToyFailure() }
    }

    func turnedAway(
        _ request: WireRequest, by fault: SignatureFault, key: String?, over connection: WireConnection,
        requestID: String
    ) async {
        calls.withLock { $0.append("\(fault) \(key ?? "-")") }
    }
}

struct ToyFailure: Error {}

struct Toys {
    static let namespace = "http://ses.amazonaws.com/doc/2010-12-01/"
    let reports = Reports()
    let recorder = ToyRecorder()
    let router: ServiceRouter

    init() {
        var rest = ServiceCatalogue(.restJSON)
        rest.add(Echo())
        rest.add(ListToys())
        var query = ServiceCatalogue(.query(namespace: Self.namespace), version: "2010-12-01")
        query.add(Say())
        var sts = ServiceCatalogue(.query(namespace: "https://sts.example/"), version: "2011-06-15")
        sts.add(Say())
        var json = ServiceCatalogue(.json(version: "1.1"))
        json.add(Say())
        var newer = ServiceCatalogue(.json(version: "1.0"))
        newer.add(Say())
        var cbor = ServiceCatalogue(
            .cbor(service: "Toys"), errorShapes: ["NotFoundException": "com.example.toys#NotFound"])
        cbor.add(Say())
        var scalars = ServiceCatalogue(.cbor(service: "RpcV2Protocol"), keepsNames: true)
        scalars.add(SimpleScalarProperties())
        scalars.add(FractionalSeconds())
        scalars.add(EmptyInputOutput())
        router = ServiceRouter(
            region: "eu-west-1",
            services: [
                "ses": [query, rest], "sts": [sts], "postern": [json], "monitoring": [cbor, newer, query, scalars],
            ],
            credentials: ToyCredentials(), now: { Botocore.now }, report: reports.report, recorder: recorder)
    }

    /// Head first, as the API door does it.
    func answer(_ request: WireRequest) async -> (status: Int, headers: [String: String], body: String) {
        let (status, headers, octets) = await octets(request)
        return (status, headers, String(decoding: octets, as: UTF8.self))
    }

    func octets(_ request: WireRequest) async -> (status: Int, headers: [String: String], body: [UInt8]) {
        let wire = router.wire(of: request)
        let response: WireResponse
        do {
            let admission = try await router.admit(
                request, over: WireConnection(sourceAddress: "192.0.2.1", tlsVersion: nil), requestID: "id-1")
            response = await router.answer(
                request, admission, over: WireConnection(sourceAddress: "192.0.2.1", tlsVersion: nil), requestID: "id-1"
            )
        } catch {
            response = router.refusal(ServiceError(error, wire), wire, "id-1")
        }
        let headers = Dictionary(response.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        return (response.status, headers, response.body)
    }
}

/// A request to the toys, signed unless something is changed afterwards.
struct Call {
    var method = "POST"
    var path = "/"
    var query = ""
    var headers: [(String, String)] = []
    var body: [UInt8] = []
    var accessKeyID = Botocore.accessKeyID
    var secret = Botocore.secret
    var region = "eu-west-1"
    var service = "ses"

    static func rest(_ path: String, _ body: String = "", method: String = "POST", query: String = "") -> Call {
        Call(method: method, path: path, query: query, body: Array(body.utf8))
    }

    static func query(_ body: String, service: String = "ses") -> Call {
        Call(headers: [("content-type", Botocore.form)], body: Array(body.utf8), service: service)
    }

    static func json(_ target: String, _ body: String) -> Call {
        Call(
            headers: [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)],
            body: Array(body.utf8), service: "postern")
    }

    /// To the service that speaks JSON and what it spoke before.
    static func newer(_ target: String, _ body: [UInt8], encoding: String? = nil) -> Call {
        var call = Call(
            headers: [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target)], body: body,
            service: "monitoring")
        if let encoding { call.headers.append(("content-encoding", encoding)) }
        return call
    }

    /// By Smithy's RPC v2 CBOR.
    static func rpc(_ path: String, _ body: [UInt8] = [], headers: [(String, String)] = []) -> Call {
        Call(
            path: path,
            headers: [("smithy-protocol", "rpc-v2-cbor"), ("accept", "application/cbor")] + headers
                + (headers.contains { $0.0 == "content-type" } ? [] : [("content-type", "application/cbor")]),
            body: body, service: "monitoring")
    }

    var signed: WireRequest {
        let signer = SigV4Signer(accessKeyID: accessKeyID, secret: secret, region: region, service: service)
        let headers = signer.sign(
            method: method, path: path, query: query, headers: [("host", "h")] + headers, body: body, at: Botocore.now)
        return WireRequest(
            method: method, path: path, query: query, headers: headers.map { (name: $0.0, value: $0.1) }, body: body)
    }
}
