// SPDX-License-Identifier: Apache-2.0

import AWSWire
import HTTPTypes
import Hummingbird
import NIOCore
import NIOSSL

/// Turns HTTP into `WireRequest`s and back. The head is believed before the body is read.
struct APIResponder: HTTPResponder {
    typealias Context = ConnectionContext

    /// Octets of bodies in memory at one time.
    private static let bodyBudget = 256 << 20
    /// From the first octet of a body to its last.
    private static let bodyDeadline = Duration.seconds(120)
    /// Octets set aside for a body before any of it came.
    private static let firstReservation = 1 << 20

    let router: ServiceRouter
    let health: APIServer.Health
    let confirm: APIServer.Confirm
    let pages: APIServer.Pages
    let isSecure: Bool
    let vpcEndpoint: String?
    private let budget = BodyBudget(octets: Self.bodyBudget)

    init(
        router: ServiceRouter, health: @escaping APIServer.Health, confirm: @escaping APIServer.Confirm,
        pages: @escaping APIServer.Pages, isSecure: Bool, vpcEndpoint: String?
    ) {
        self.vpcEndpoint = vpcEndpoint
        self.confirm = confirm
        self.pages = pages
        self.isSecure = isSecure
        self.router = router
        self.health = health
    }

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        if request.uri.path == "/health", request.method == .get { return await healthResponse() }
        if request.uri.path == "/verify" { return try await VerificationPage.answer(request, confirm) }
        if let page = try await page(request, context) { return page }
        let requestID = Self.requestID()
        let connection = WireConnection(
            sourceAddress: context.channel.remoteAddress?.ipAddress ?? "",
            tlsVersion: await tlsVersion(context.channel),
            vpcEndpoint: vpcEndpoint)
        var wireRequest = Self.wireRequest(request)
        let wire = router.wire(of: wireRequest)
        let admission: ServiceRouter.Admission
        do {
            admission = try await router.admit(wireRequest, over: connection, requestID: requestID)
        } catch {
            return Self.response(router.refusal(ServiceError(error, wire), wire, requestID), closing: true)
        }
        let lease = budget.lease()
        defer { lease.end() }
        do {
            wireRequest.body = try await read(request, limit: admission.maximumBody, lease)
        } catch {
            return Self.response(router.refusal(error, wire, requestID), closing: true)
        }
        let answer = await router.answer(wireRequest, admission, over: connection, requestID: requestID)
        return Self.response(answer, isHead: request.method == .head)
    }

    private func page(_ request: Request, _ context: ConnectionContext) async throws -> Response? {
        guard request.method == .get, request.headers[.authorization] == nil else { return nil }
        let peer = context.channel.remoteAddress?.ipAddress ?? ""
        guard let page = try await pages(request.uri.path, request.uri.query ?? "", peer) else { return nil }
        return Response(
            status: .init(code: page.status), headers: [.contentType: page.type],
            body: .init(byteBuffer: ByteBuffer(bytes: page.body)))
    }

    /// What was negotiated; nil in clear.
    private func tlsVersion(_ channel: any Channel) async -> String? {
        guard isSecure else { return nil }
        return try? await channel.nioSSL_tlsVersion().get() == .tlsv13 ? "TLSv1.3" : "TLSv1.2"
    }

    // Memory is taken as octets come, not as they are announced; who stops sending, or never comes to an end, is left.
    private func read(_ request: Request, limit: Int, _ lease: BodyBudget.Lease) async throws(ServiceError) -> [UInt8] {
        let tooLarge = ServiceError(
            "RequestEntityTooLarge", "Request size exceeded the limit of \(limit) bytes.", status: 413)
        let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard announced <= limit else { throw tooLarge }
        let deadline = ContinuousClock.now + Self.bodyDeadline
        var body: [UInt8] = []
        do {
            for try await piece in request.body {
                if body.isEmpty { body.reserveCapacity(min(announced, Self.firstReservation)) }
                guard body.count + piece.readableBytes <= limit else { throw tooLarge }
                guard lease.take(piece.readableBytes) else {
                    throw ServiceError(
                        "ServiceUnavailable", "Too many large requests at one time, try again.", status: 503)
                }
                guard ContinuousClock.now < deadline else {
                    throw ServiceError("RequestTimeout", "The request body did not arrive in time.", status: 408)
                }
                body.append(contentsOf: piece.readableBytesView)
            }
        } catch let error as ServiceError {
            throw error
        } catch {
            throw ServiceError("IncompleteBody", "The request body could not be read.", status: 400)
        }
        return body
    }

    private func healthResponse() async -> Response {
        let (parts, canWork) = await health()
        let body = "{" + parts.map { "\"\($0.part)\":\"\($0.state)\"" }.joined(separator: ",") + "}\n"
        return Response(
            status: canWork ? .ok : .serviceUnavailable, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: body)))
    }

    private static func wireRequest(_ request: Request) -> WireRequest {
        var headers = request.headers.map { (name: $0.name.canonicalName, value: $0.value) }
        // HTTP/1.1's Host is the authority here.
        if let host = request.head.authority { headers.append((name: "host", value: host)) }
        let target = request.head.path ?? "/"
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        return WireRequest(
            method: request.method.rawValue, path: String(target[..<(mark ?? target.endIndex)]),
            query: mark.map { String(target[target.index(after: $0)...]) } ?? "", headers: headers, body: [])
    }

    // What was not read of a refused body would be taken for the next request.
    private static func response(_ response: WireResponse, closing: Bool = false, isHead: Bool = false) -> Response {
        var headers = HTTPFields()
        for (name, value) in response.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        if closing { headers[.connection] = "close" }
        if response.status == 503, let name = HTTPField.Name("Retry-After") { headers[name] = "1" }
        return Response(
            status: .init(code: response.status), headers: headers,
            body: isHead ? .init() : .init(byteBuffer: ByteBuffer(bytes: response.body)))
    }

    private static let digits = Array("0123456789abcdef".utf8)

    /// Of the shape of a UUID.
    private static func requestID() -> String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for half in [UInt64.random(in: 0...(.max)), UInt64.random(in: 0...(.max))] {
            for shift in stride(from: 60, through: 0, by: -4) {
                if [8, 13, 18, 23].contains(text.count) { text.append(UInt8(ascii: "-")) }
                text.append(Self.digits[Int(half >> UInt64(shift) & 15)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
