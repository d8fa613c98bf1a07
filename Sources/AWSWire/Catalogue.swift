// SPDX-License-Identifier: Apache-2.0

/// A response ready for HTTP.
package struct WireResponse: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
}

/// An operation without its types: decode, run, encode.
struct AnyOperation: Sendable {
    let name: String
    let route: Route
    let run: @Sendable (_ json: [UInt8], _ context: RequestContext, _ wire: WireProtocol) async throws -> [UInt8]

    init<Declared: Operation>(_ operation: Declared, keepsNames: Bool) {
        name = Declared.name
        route = Declared.route
        run = { json, context, wire in
            let input =
                switch wire {
                case .query: try JSONCodec.decode(Declared.Input.self, fromForm: json)
                case .cbor: try JSONCodec.decode(Declared.Input.self, from: json, writtenAs: "CBOR")
                default: try JSONCodec.decode(Declared.Input.self, from: json)
                }
            let output = try await operation.run(input, as: context)
            switch wire {
            case .query(let namespace):
                return try XMLWriter.response(
                    output, operation: Declared.name, namespace: namespace, requestID: context.requestID)
            case .cbor: return try CBORCodec.encode(output, keepsNames: keepsNames)
            default: return try JSONCodec.encode(output, keepsNames: keepsNames)
            }
        }
    }
}

/// All operations of one service in one protocol.
package struct ServiceCatalogue: Sendable {
    package let wire: WireProtocol
    /// The Query protocol's version; empty for others.
    package let version: String
    /// The wire has the names of outputs' members as Swift has them: `logGroups` (CloudWatch Logs).
    private let keepsNames: Bool
    /// Absolute shape IDs of errors by the codes that Query has for them; of a protocol whose errors are told by shape.
    let errorShapes: [String: String]
    private var byName: [String: AnyOperation] = [:]
    /// REST routes without labels, by method and path.
    private var fixed: [String: AnyOperation] = [:]
    private var rest: [(method: String, pattern: [Substring], operation: AnyOperation)] = []

    package init(
        _ wire: WireProtocol, version: String = "", keepsNames: Bool = false, errorShapes: [String: String] = [:]
    ) {
        self.errorShapes = errorShapes
        self.wire = wire
        self.version = version
        self.keepsNames = keepsNames
    }

    package mutating func add(_ operation: some Operation) {
        let erased = AnyOperation(operation, keepsNames: keepsNames)
        byName[erased.name] = erased
        if case .rest(let method, let pattern) = erased.route {
            rest.append((method, pattern.split(separator: "/"), erased))
            if !pattern.utf8.contains(UInt8(ascii: "{")) { fixed["\(method) \(pattern)"] = erased }
        }
    }

    package var operationNames: [String] { byName.keys.sorted() }

    /// The operation a request asks for, with its input as JSON.
    func find(_ request: WireRequest) throws -> (AnyOperation, [UInt8]) {
        switch wire {
        case .query: try findAction(request)
        case .restJSON: try findRoute(request)
        case .json: try findTarget(request)
        case .cbor: try findRPC(request)
        case .restXML: throw ServiceError("NotImplemented", nil, status: 501)
        }
    }

    private func findAction(_ request: WireRequest) throws -> (AnyOperation, [UInt8]) {
        let form = String(validating: request.body, as: UTF8.self)
        guard let form else { throw ServiceError("MalformedInput", "The request body is not UTF-8.") }
        let pairs = try Percent.pairs(request.query, plusIsSpace: true) + Percent.pairs(form, plusIsSpace: true)
        for name in ["Action", "Version"] where pairs.count(where: { $0.name == name }) > 1 {
            throw ServiceError("MalformedInput", "Duplicate key '\(name)'.")
        }
        guard let action = pairs.first(where: { $0.name == "Action" })?.value else {
            throw ServiceError("MissingAction", "The request is missing an action or operation parameter.")
        }
        let asked = pairs.first { $0.name == "Version" }?.value ?? version
        guard let operation = byName[action], asked == version else {
            throw ServiceError("InvalidAction", "Could not find operation \(action) for version \(asked)")
        }
        return (operation, try FormCodec.json(pairs.filter { $0.name != "Action" && $0.name != "Version" }))
    }

    private func findTarget(_ request: WireRequest) throws -> (AnyOperation, [UInt8]) {
        let target = request.header("x-amz-target") ?? ""
        guard let name = target.split(separator: ".").last, let operation = byName[String(name)] else {
            throw ServiceError("UnknownOperationException", nil)
        }
        return (operation, request.body)
    }

    private func findRPC(_ request: WireRequest) throws -> (AnyOperation, [UInt8]) {
        guard request.method == "POST", let target = RPCTarget(request), let operation = byName[target.operation] else {
            throw ServiceError("UnknownOperationException", nil)
        }
        // A request that names two operations is nobody's accident (Smithy RPC v2 CBOR, "Requests").
        guard request.header("x-amz-target") == nil, request.header("x-amzn-target") == nil else {
            throw InputFault.malformed("A request by RPC v2 CBOR has no header X-Amz-Target.")
        }
        let type = request.header("content-type")?.split(separator: ";").first?.lowercased()
        guard request.body.isEmpty || type == "application/cbor" else {
            throw ServiceError(
                "UnsupportedMediaTypeException", "The request body must be application/cbor.", status: 415)
        }
        return (operation, try CBORCodec.json(request.body))
    }

    private func findRoute(_ request: WireRequest) throws -> (AnyOperation, [UInt8]) {
        if let operation = fixed["\(request.method) \(request.path)"] {
            let parameters = try Percent.pairs(request.query, plusIsSpace: false)
            return (operation, try Self.merged([], parameters, request.body))
        }
        let segments = request.path.split(separator: "/")
        for (method, pattern, operation) in rest where method == request.method && pattern.count == segments.count {
            if let labels = try Self.match(pattern, segments) {
                let parameters = try Percent.pairs(request.query, plusIsSpace: false)
                return (operation, try Self.merged(labels, parameters, request.body))
            }
        }
        throw ServiceError("UnknownOperationException", nil, status: 404)
    }

    private static func match(_ pattern: [Substring], _ segments: [Substring]) throws -> [(
        name: String, value: String
    )]? {
        var labels: [(name: String, value: String)] = []
        for (part, segment) in zip(pattern, segments) {
            if part.first == "{" {
                let value = try Percent.text(segment, plusIsSpace: false)
                labels.append((String(part.dropFirst().dropLast()), value))
            } else if part != segment {
                return nil
            }
        }
        return labels
    }

    // Labels and parameters stand first in the body's own object; a member that stands twice is refused by nobody's
    // accident: JSON decoders take the first. A parameter that is sent several times is a list (`TagKeys=a&TagKeys=b`).
    private static func merged(
        _ labels: [(name: String, value: String)], _ parameters: [(name: String, value: String)], _ body: [UInt8]
    ) throws -> [UInt8] {
        guard !labels.isEmpty || !parameters.isEmpty else { return body }
        var all = labels.map { "\(JSONCodec.literal($0.name)):\(JSONCodec.literal($0.value))" }
        for (name, pairs) in Dictionary(grouping: parameters, by: { $0.name }) {
            let values = pairs.map { JSONCodec.literal($0.value) }.joined(separator: ",")
            all.append("\(JSONCodec.literal(name)):\(pairs.count == 1 ? values : "[\(values)]")")
        }
        let members = all.joined(separator: ",")
        let rest = body.drop { [32, 9, 10, 13].contains($0) }
        guard !rest.isEmpty else { return Array("{\(members)}".utf8) }
        guard rest.first == UInt8(ascii: "{") else {
            throw InputFault.malformed("The request body must be a JSON object.")
        }
        let inner = rest.dropFirst().drop { [32, 9, 10, 13].contains($0) }
        return Array("{\(members)\(inner.first == UInt8(ascii: "}") ? "" : ",")".utf8) + inner
    }
}
