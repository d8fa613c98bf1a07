// SPDX-License-Identifier: Apache-2.0

import AWSWire
import FoundationEssentials
import Mail
import Trail

/// A page of a bucket's keys, as `ListObjects` and `ListObjectsV2` show it.
struct ObjectListing {
    static let largestPage = 1_000

    private let call: S3Call
    private let bucket: String
    private let objects: TrailObjects
    private let limit: Int
    private let isVersion2: Bool

    init(_ call: S3Call, _ bucket: String, _ objects: TrailObjects) throws {
        self.call = call
        self.bucket = bucket
        self.objects = objects
        isVersion2 = call.parameters["list-type"] == "2"
        guard let limit = Int(call.parameters["max-keys"] ?? "1000"), limit >= 0 else {
            throw ServiceError("InvalidArgument", "Provided max-keys not an integer or within integer range")
        }
        self.limit = min(limit, Self.largestPage)
        guard ["", "/"].contains(call.parameters["delimiter"] ?? "") else {
            throw ServiceError("NotImplemented", "The delimiter is / or none.", status: 501)
        }
    }

    func response() throws -> WireResponse {
        let prefix = call.parameters["prefix"] ?? ""
        let delimiter = call.parameters["delimiter"] ?? ""
        let page =
            limit == 0
            ? TrailObjects.Page()
            : objects.list(prefix: prefix, after: try marker(), limit: limit, isFolded: delimiter == "/")
        let ends: [String] = [page.keys.last, page.prefixes.last].compactMap(\.self)
        let last = ends.max { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var lines = [
            element("Name", bucket), element("Prefix", text(prefix)), element("MaxKeys", "\(limit)"),
            element("IsTruncated", "\(page.isTruncated)"),
        ]
        if !delimiter.isEmpty { lines.append(element("Delimiter", delimiter)) }
        if isEncoded { lines.append(element("EncodingType", "url")) }
        lines += paging(last: page.isTruncated ? last : nil, count: page.keys.count + page.prefixes.count)
        lines += page.keys.map(contents)
        lines += page.prefixes.map { "<CommonPrefixes>\(element("Prefix", text($0)))</CommonPrefixes>" }
        return call.xml(
            "<ListBucketResult xmlns=\"\(S3Wire.namespace)\">\(lines.joined())</ListBucketResult>")
    }

    private func paging(last: String?, count: Int) -> [String] {
        guard isVersion2 else {
            return [element("Marker", text(call.parameters["marker"] ?? ""))]
                + (last.map { [element("NextMarker", text($0))] } ?? [])
        }
        var lines = [element("KeyCount", "\(count)")]
        if let token = call.parameters["continuation-token"] { lines.append(element("ContinuationToken", token)) }
        if let last { lines.append(element("NextContinuationToken", Data(last.utf8).base64EncodedString())) }
        if let start = call.parameters["start-after"] { lines.append(element("StartAfter", text(start))) }
        return lines
    }

    private func marker() throws -> String {
        guard isVersion2 else { return call.parameters["marker"] ?? "" }
        guard let token = call.parameters["continuation-token"] else { return call.parameters["start-after"] ?? "" }
        guard let data = Data(base64Encoded: token), let key = String(validating: data, as: UTF8.self) else {
            throw ServiceError("InvalidArgument", "The continuation token provided is incorrect")
        }
        return key
    }

    private func contents(_ key: String) -> String {
        guard let facts = objects.facts(key) else { return "" }
        let entry = [
            element("Key", text(key)), element("LastModified", facts.writtenAt.description),
            element("Size", "\(facts.size)"), element("StorageClass", "STANDARD"),
        ]
        return "<Contents>\(entry.joined())</Contents>"
    }

    private var isEncoded: Bool { call.parameters["encoding-type"] == "url" }

    private func text(_ value: String) -> String { isEncoded ? S3Wire.encoded(value) : value }

    private func element(_ name: String, _ value: String) -> String { "<\(name)>\(S3Wire.escaped(value))</\(name)>" }
}
