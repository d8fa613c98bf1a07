// SPDX-License-Identifier: Apache-2.0

import Compression
import Synchronization

/// Gives the secret of an access key and says whose it is.
package protocol CredentialProvider: Sendable {
    func credential(for accessKeyID: String, sessionToken: String?) async -> CredentialLookup
    /// Until when signatures with this key are not looked at from that address, which failed too often; nil for not at all.
    func lock(on accessKeyID: String, from address: String) -> String?
    /// Told of each signature that was looked at.
    func signed(_ accessKeyID: String, from address: String, rightly: Bool)
}

extension CredentialProvider {
    package func lock(on accessKeyID: String, from address: String) -> String? { nil }
    package func signed(_ accessKeyID: String, from address: String, rightly: Bool) {}
}

package enum CredentialLookup: Sendable {
    case found(secret: [UInt8], identity: any Sendable)
    case unknown
    case expired
    case unavailable
}

/// Everything behind the API port: authenticates a request, finds its operation, and answers in its protocol.
package final class ServiceRouter: Sendable {
    private static let signingKeyCapacity = 1_000
    /// Octets of a body that came compressed.
    private static let longestExpanded = 1 << 20

    private struct KeyID: Hashable {
        let accessKeyID: String
        let scope: SigV4.Scope
        let secretHash: Int
    }

    private let region: String
    private let credentials: any CredentialProvider
    private let now: @Sendable () -> Int64
    private let report: @Sendable (String, any Error) -> Void
    private let recorder: any CallRecorder
    private let services: [String: [ServiceCatalogue]]
    private let objects: [String: any ObjectService]
    private let signingKeys = Mutex<[KeyID: [UInt8]]>([:])

    /// - Parameters:
    ///   - services: catalogues by SigV4 service name.
    ///   - now: seconds since 1970.
    ///   - report: told once of each failure that is ours, with the request id.
    ///   - objects: services of objects instead of operations, likewise.
    package init(
        region: String, services: [String: [ServiceCatalogue]], objects: [String: any ObjectService] = [:],
        credentials: any CredentialProvider, now: @escaping @Sendable () -> Int64,
        report: @escaping @Sendable (String, any Error) -> Void, recorder: any CallRecorder
    ) {
        self.objects = objects
        self.region = region
        self.services = services
        self.credentials = credentials
        self.now = now
        self.report = report
        self.recorder = recorder
    }

    /// A request whose head was believed; the body may be read now.
    package struct Admission: Sendable {
        let check: SigV4Check
        let secret: [UInt8]
        let identity: any Sendable
        package let maximumBody: Int
    }

    /// The protocol a request seems to be of, so that even a refusal is in it.
    package func wire(of request: WireRequest) -> WireProtocol {
        // Credential=KEY/DATE/REGION/SERVICE/aws4_request
        let service = request.header("authorization").flatMap {
            $0.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 4).dropFirst(3).first
        }.map { String(decoding: $0, as: UTF8.self) }
        if let service, objects[service] != nil { return .restXML }
        if let target = RPCTarget(request) { return .cbor(service: target.service) }
        if request.path.hasPrefix("/v2/") { return .restJSON }
        if request.header("x-amz-target") != nil {
            return .json(version: request.header("content-type") == "application/x-amz-json-1.0" ? "1.0" : "1.1")
        }
        return query(services[service ?? "ses"]) ?? query(services["ses"]) ?? .query(namespace: "")
    }

    private func query(_ catalogues: [ServiceCatalogue]?) -> WireProtocol? {
        catalogues?.first { if case .query = $0.wire { true } else { false } }?.wire
    }

    /// Looks at the head alone: key, date and scope.
    /// - Throws: what is wrong with it, which is on record then. The peer is turned away for a while when its signatures
    ///   fail too often.
    package func admit(
        _ request: WireRequest, over connection: WireConnection, requestID: String
    ) async throws(SignatureFault) -> Admission {
        let check: SigV4Check
        do {
            check = try SigV4Check(request, regions: { self.regions(for: $0) }, now: now())
        } catch {
            await recorder.turnedAway(request, by: error, key: nil, over: connection, requestID: requestID)
            throw error
        }
        do {
            return try await admit(request, check, from: connection.sourceAddress)
        } catch {
            await recorder.turnedAway(
                request, by: error, key: check.accessKeyID, over: connection, requestID: requestID)
            throw error
        }
    }

    private func admit(
        _ request: WireRequest, _ check: SigV4Check, from address: String
    ) async throws(SignatureFault) -> Admission {
        if let until = credentials.lock(on: check.accessKeyID, from: address) { throw .locked(until: until) }
        switch await credentials.credential(for: check.accessKeyID, sessionToken: check.sessionToken) {
        case .unknown: throw .unknownKey
        case .expired: throw .expiredToken
        case .unavailable: throw .unavailable
        case .found(let secret, let identity):
            return Admission(
                check: check, secret: secret, identity: identity,
                maximumBody: Self.maximumBody(request, service: check.scope.service))
        }
    }

    /// Answers a complete request.
    package func answer(
        _ request: WireRequest, _ admission: Admission, over connection: WireConnection, requestID: String
    ) async -> WireResponse {
        let wire = wire(of: request)
        let check = admission.check
        do {
            try check.verify(request, key: signingKey(admission))
        } catch {
            credentials.signed(check.accessKeyID, from: connection.sourceAddress, rightly: false)
            await recorder.turnedAway(
                request, by: error, key: check.accessKeyID, over: connection, requestID: requestID)
            return refusal(ServiceError(error, wire), wire, requestID)
        }
        credentials.signed(check.accessKeyID, from: connection.sourceAddress, rightly: true)
        let asked = find(request, check.scope.service, wire)
        let context = RequestContext(
            identity: admission.identity, accessKeyID: check.accessKeyID, connection: connection,
            userAgent: request.header("user-agent") ?? "", requestID: requestID, call: asked.call,
            traceparent: request.traceparent)
        do {
            let response = try await asked.answer(context)
            try await recorder.ended(asked.call, context, nil)
            return response
        } catch {
            let error = await onRecord(serviceError(for: error, wire, requestID), asked.call, context, wire)
            return refusal(error, wire, requestID)
        }
    }

    private func onRecord(
        _ error: ServiceError, _ call: ServiceCall, _ context: RequestContext, _ wire: WireProtocol
    ) async -> ServiceError {
        do {
            try await recorder.ended(call, context, error)
            return error
        } catch {
            report(context.requestID, error)
            return .internalFailure(wire)
        }
    }

    /// What was asked for, and how to answer it: an operation, an object, or the protocol's word for neither.
    private struct Asked {
        let call: ServiceCall
        let answer: (RequestContext) async throws -> WireResponse
    }

    private func find(_ request: WireRequest, _ service: String, _ wire: WireProtocol) -> Asked {
        let host = request.header("host") ?? ""
        func call(_ name: String, _ input: [UInt8] = []) -> ServiceCall {
            ServiceCall(service: service, name: name, host: host, input: input)
        }
        if let objects = objects[service] {
            return Asked(call: call(objects.name(of: request))) { try await objects.answer(request, $0) }
        }
        guard let catalogue = services[service]?.first(where: { $0.wire == wire }) else {
            return Asked(call: call(ServiceCall.clipped(""))) { _ in
                throw ServiceError("UnknownOperationException", nil, status: 404)
            }
        }
        do {
            let (operation, input) = try catalogue.find(Self.expanded(request))
            return Asked(call: call(operation.name, input)) { context in
                let body = try await operation.run(input, context, wire)
                return self.response(200, body, wire, context.requestID)
            }
        } catch {
            return Asked(call: call(ServiceCall.name(in: request))) { _ in throw error }
        }
    }

    // Clients make large requests smaller before they sign them (PutMetricData from 10 KB on).
    private static func expanded(_ request: WireRequest) throws -> WireRequest {
        guard request.header("content-encoding")?.lowercased() == "gzip" else { return request }
        var request = request
        do {
            request.body = try Gzip.expand(request.body, limit: longestExpanded)
        } catch {
            throw InputFault.malformed("The request body is not gzip, or has more than \(longestExpanded) octets.")
        }
        return request
    }

    /// An error in the protocol's own shape.
    package func refusal(_ error: ServiceError, _ wire: WireProtocol, _ requestID: String) -> WireResponse {
        switch wire {
        case .query(let namespace):
            return response(
                error.status, XMLWriter.error(error, namespace: namespace, requestID: requestID), wire, requestID)
        case .restJSON:
            let message = error.message.map { JSONCodec.literal($0) } ?? "null"
            return response(
                error.status, Array("{\"message\":\(message)}".utf8), wire, requestID,
                [("x-amzn-ErrorType", error.code)])
        case .restXML: return S3Wire.refusal(error, requestID: requestID)
        case .json:
            let message = error.message.map { ",\"message\":\(JSONCodec.literal($0))" } ?? ""
            // Services of json 1.0 are ones that spoke Query before: clients take the code they always knew from here.
            return response(
                error.status, Array("{\"__type\":\(JSONCodec.literal(error.code))\(message)}".utf8), wire, requestID,
                wire == .json(version: "1.0") ? [("x-amzn-query-error", "\(error.code);\(error.type)")] : [])
        case .cbor:
            let shapes = services.values.joined().first { $0.wire == wire }?.errorShapes ?? [:]
            return response(
                error.status, CBORCodec.error(error, shape: shapes[error.code] ?? error.code), wire, requestID,
                [("x-amzn-query-error", "\(error.code);\(error.type)")])
        }
    }

    private func serviceError(for error: any Error, _ wire: WireProtocol, _ requestID: String) -> ServiceError {
        switch (error, wire) {
        case (let error as ServiceError, _): return error
        case (InputFault.missing(let name), .query):
            let member = name.split(separator: ".").last ?? ""
            return ServiceError(
                "ValidationError",
                "1 validation error detected: Value null at '\(member)' failed to satisfy constraint: Member must not be null"
            )
        case (InputFault.missing(let name), _): return ServiceError("BadRequestException", "\(name) is required.")
        case (InputFault.malformed(let why), .query): return ServiceError("MalformedInput", why)
        case (InputFault.malformed(let why), _): return ServiceError("SerializationException", why)
        default:
            report(requestID, error)
            return .internalFailure(wire)
        }
    }

    private func response(
        _ status: Int, _ body: [UInt8], _ wire: WireProtocol, _ requestID: String,
        _ extra: [(name: String, value: String)] = []
    ) -> WireResponse {
        let type =
            switch wire {
            case .query: "text/xml"
            case .restJSON: "application/json"
            case .restXML: "application/xml"
            case .json(let version): "application/x-amz-json-\(version)"
            case .cbor: "application/cbor"
            }
        let spoken =
            if case .cbor = wire { [("smithy-protocol", RPCTarget.protocolName)] } else { [(String, String)]() }
        return WireResponse(
            status: status, headers: [("Content-Type", type), ("x-amzn-RequestId", requestID)] + spoken + extra,
            body: body)
    }

    // One region a server; the global services are also asked under us-east-1.
    private func regions(for service: String) -> Set<String> {
        guard services[service] != nil || objects[service] != nil else { return [] }
        return ["iam", "sts", "organizations", "s3"].contains(service) ? [region, "us-east-1"] : [region]
    }

    private func signingKey(_ admission: Admission) -> [UInt8] {
        let id = KeyID(
            accessKeyID: admission.check.accessKeyID, scope: admission.check.scope,
            secretHash: admission.secret.hashValue)
        if let key = signingKeys.withLock({ $0[id] }) { return key }
        let key = SigV4.signingKey(secret: admission.secret, scope: admission.check.scope)
        signingKeys.withLock {
            if $0.count >= Self.signingKeyCapacity { $0.removeAll() }
            $0[id] = key
        }
        return key
    }

    // Content that is sent is 40 MB before Base64, in a form 10 MB before Base64 and escaping; everything else is small.
    private static func maximumBody(_ request: WireRequest, service: String) -> Int {
        guard service == "ses" else { return 1 << 20 }
        if request.path.hasPrefix("/v2/email/outbound") { return 56 << 20 }
        // 500 KB and 10 MB of text, of which clients write a letter beyond ASCII in six octets and more.
        if request.path.hasPrefix("/v2/email/templates") { return 4 << 20 }
        if request.path.hasPrefix("/v2/email/custom-verification-email-templates") { return 40 << 20 }
        let isForm = request.header("content-type")?.hasPrefix("application/x-www-form-urlencoded") == true
        return isForm ? 20 << 20 : 1 << 20
    }
}
