// SPDX-License-Identifier: Apache-2.0

import AWSAccess
package import AWSWire
package import Access
import Crypto
import Mail
package import Trail

/// The read side of S3 for the files of trails, and nothing else: `GetBucketLocation`, `HeadBucket`, `ListObjects` (both
/// versions), `GetObject` and `HeadObject`, by path or by virtual host, under IAM.
///
/// An account sees the buckets that its own trails write to.
package struct S3Door: ObjectService {
    private let access: AccessControl
    private let book: TrailBook
    private let root: String

    /// - Parameter root: `TrailArchive.root`.
    package init(access: AccessControl, book: TrailBook, root: String) {
        self.access = access
        self.book = book
        self.root = root
    }

    package func name(of request: WireRequest) -> String {
        let isHead = request.method == "HEAD"
        let path = S3Wire.path(request)?.dropFirst().split(separator: "/", maxSplits: 1) ?? []
        if path.count > 1 { return isHead ? "HeadObject" : "GetObject" }
        if isHead { return "HeadBucket" }
        return request.query.split(separator: "&").contains { $0.hasPrefix("location") }
            ? "GetBucketLocation" : "ListObjects"
    }

    package func answer(_ request: WireRequest, _ context: RequestContext) async throws -> WireResponse {
        guard ["GET", "HEAD"].contains(request.method) else {
            throw ServiceError(
                "MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405)
        }
        guard let path = S3Wire.path(request), let parameters = S3Wire.parameters(request) else {
            throw ServiceError("InvalidURI", "Couldn't parse the specified URI.")
        }
        let call = S3Call(
            caller: try Caller(context), isHead: request.method == "HEAD", requestID: context.requestID,
            parameters: parameters)
        let own = Set(try await book.trails(of: call.caller.account).map(\.bucket))
        let (bucket, key) = place(path, host: request.header("host") ?? "", own: own)
        guard !bucket.isEmpty else {
            throw ServiceError("NotImplemented", "The list of buckets is not given here.", status: 501)
        }
        let objects = TrailObjects(root: root, account: call.caller.account, bucket: bucket)
        let exists = TrailObjects.isBucket(bucket) && (own.contains(bucket) || objects.isInUse)
        if key.isEmpty { return try bucketAnswer(call, bucket, exists ? objects : nil) }
        try require("s3:GetObject", "\(bucket)/\(key)", call.caller)
        guard exists else { throw noBucket }
        return try objectAnswer(call, objects, key)
    }

    // A virtual host is one that begins with a bucket of the account's.
    private func place(_ path: String, host: String, own: Set<String>) -> (bucket: String, key: String) {
        if let bucket = own.first(where: { host.hasPrefix($0 + ".") }) { return (bucket, String(path.dropFirst())) }
        let parts = path.dropFirst().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        return (parts.first.map(String.init) ?? "", parts.count > 1 ? String(parts[1]) : "")
    }

    private var noBucket: ServiceError {
        ServiceError("NoSuchBucket", "The specified bucket does not exist", status: 404)
    }

    private func require(
        _ action: String, _ resource: String, _ caller: Caller, _ keys: [String: [String]] = [:]
    ) throws {
        try access.require(
            action, on: .init("arn:aws:s3:::\(resource)", owner: caller.account), with: keys, as: caller,
            code: "AccessDenied")
    }

    private func bucketAnswer(_ call: S3Call, _ bucket: String, _ objects: TrailObjects?) throws -> WireResponse {
        if call.parameters["location"] != nil {
            try require("s3:GetBucketLocation", bucket, call.caller)
            guard objects != nil else { throw noBucket }
            // The first region has no name here.
            let region = book.region == "us-east-1" ? "" : book.region
            return call.xml(
                "<LocationConstraint xmlns=\"\(S3Wire.namespace)\">\(region)</LocationConstraint>")
        }
        var keys: [String: [String]] = [:]
        for name in ["prefix", "delimiter", "max-keys"] { keys["s3:\(name)"] = call.parameters[name].map { [$0] } }
        try require("s3:ListBucket", bucket, call.caller, keys)
        guard let objects else { throw noBucket }
        if call.isHead {
            return S3Wire.response(
                200, [("x-amz-bucket-region", book.region)], [], call.requestID, type: "application/xml")
        }
        return try ObjectListing(call, bucket, objects).response()
    }

    private func objectAnswer(_ call: S3Call, _ objects: TrailObjects, _ key: String) throws -> WireResponse {
        guard let facts = objects.facts(key), let octets = objects.read(key) else {
            throw ServiceError("NoSuchKey", "The specified key does not exist.", status: 404)
        }
        var headers = [
            ("ETag", "\"\(Hexadecimal.text(Insecure.MD5.hash(data: octets)))\""),
            ("Last-Modified", facts.writtenAt.rfc5322.replacing("+0000", with: "GMT")),
        ]
        if let signature = objects.signature(key) {
            headers += [("x-amz-meta-signature", signature), ("x-amz-meta-signature-algorithm", "SHA256withRSA")]
        }
        if call.isHead { headers.append(("Content-Length", "\(facts.size)")) }
        return S3Wire.response(
            200, headers.map { (name: $0.0, value: $0.1) }, call.isHead ? [] : octets, call.requestID,
            type: "application/json")
    }
}

/// A request to a bucket or an object, once it is known whose it is.
struct S3Call {
    let caller: Caller
    let isHead: Bool
    let requestID: String
    let parameters: [String: String]

    func xml(_ body: String) -> WireResponse {
        S3Wire.response(
            200, [], Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(body)".utf8), requestID,
            type: "application/xml")
    }
}

enum Hexadecimal {
    static func text(_ octets: some Sequence<UInt8>) -> String {
        octets.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
    }
}
