// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Synchronization

/// A service small enough to see through, in the three protocols.
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
        router = ServiceRouter(
            region: "eu-west-1",
            services: ["ses": [query, rest], "sts": [sts], "postern": [json], "monitoring": [newer, query]],
            credentials: ToyCredentials(), now: { Botocore.now }, report: reports.report, recorder: recorder)
    }

    /// Head first, as the API door does it.
    func answer(_ request: WireRequest) async -> (status: Int, headers: [String: String], body: String) {
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
        return (response.status, headers, String(decoding: response.body, as: UTF8.self))
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

    var signed: WireRequest {
        let signer = SigV4Signer(accessKeyID: accessKeyID, secret: secret, region: region, service: service)
        let headers = signer.sign(
            method: method, path: path, query: query, headers: [("host", "h")] + headers, body: body, at: Botocore.now)
        return WireRequest(
            method: method, path: path, query: query, headers: headers.map { (name: $0.0, value: $0.1) }, body: body)
    }
}
