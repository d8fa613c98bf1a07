// SPDX-License-Identifier: Apache-2.0

import JSON
package import Mail

/// An hour's digest: which log files were delivered, with their hashes, and the digest before it ("CloudTrail digest
/// file structure", CloudTrail user guide).
package struct TrailDigest: Hashable, Sendable {
    static let algorithm = "SHA256withRSA"

    package struct Log: Hashable, Sendable, Codable {
        package let bucket: String
        package let key: String
        /// SHA-256 of the contents before compression, in hexadecimal.
        package let hash: String
        package let newest: Timestamp
        package let oldest: Timestamp
    }

    /// The digest that another one refers to.
    package struct Link: Hashable, Sendable, Codable {
        package let bucket: String
        package let key: String
        package let hash: String
        package let signature: String
    }

    package let account: String
    package let start: Timestamp
    package let end: Timestamp
    package let bucket: String
    package let key: String
    package let fingerprint: String
    /// Nil where the chain begins.
    package let previous: Link?
    package let logs: [Log]

    /// What is signed.
    func stringToSign(_ contents: [UInt8]) -> String {
        [
            TrailMoment.extended(end), "\(bucket)/\(key)", TrailHash.sha256(contents), previous?.signature ?? "null",
        ].joined(separator: "\n")
    }

    var json: [UInt8] {
        func text(_ value: String?) -> String { value.map(Self.literal) ?? "null" }
        func moment(_ value: Timestamp?) -> String { text(value.map(TrailMoment.extended)) }
        let logs = logs.map { log in
            "{\"s3Bucket\":\(text(log.bucket)),\"s3Object\":\(text(log.key)),\"hashValue\":\(text(log.hash)),"
                + "\"hashAlgorithm\":\"SHA-256\",\"newestEventTime\":\(moment(log.newest)),"
                + "\"oldestEventTime\":\(moment(log.oldest))}"
        }
        let members = [
            ("awsAccountId", text(account)), ("digestStartTime", moment(start)), ("digestEndTime", moment(end)),
            ("digestS3Bucket", text(bucket)), ("digestS3Object", text(key)),
            ("digestPublicKeyFingerprint", text(fingerprint)), ("digestSignatureAlgorithm", text(Self.algorithm)),
            ("newestEventTime", moment(self.logs.map(\.newest).max())),
            ("oldestEventTime", moment(self.logs.map(\.oldest).min())),
            ("previousDigestS3Bucket", text(previous?.bucket)), ("previousDigestS3Object", text(previous?.key)),
            ("previousDigestHashValue", text(previous?.hash)),
            ("previousDigestHashAlgorithm", text(previous == nil ? nil : "SHA-256")),
            ("previousDigestSignature", text(previous?.signature)),
            ("logFiles", "[\(logs.joined(separator: ","))]"),
        ]
        return Array("{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}".utf8)
    }

    private static func literal(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 32: result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension TrailDigest {
    /// Nil for what is no digest.
    package init?(parsing contents: [UInt8]) {
        guard let json = try? JSONValue(parsing: contents, maximumDepth: 8),
            let account = json.text("awsAccountId"), let start = json.moment("digestStartTime"),
            let end = json.moment("digestEndTime"), let bucket = json.text("digestS3Bucket"),
            let key = json.text("digestS3Object"), let fingerprint = json.text("digestPublicKeyFingerprint"),
            json.text("digestSignatureAlgorithm") == Self.algorithm, case .array(let files)? = json["logFiles"]
        else { return nil }
        let logs = files.compactMap(Log.init)
        guard logs.count == files.count else { return nil }
        self.init(
            account: account, start: start, end: end, bucket: bucket, key: key, fingerprint: fingerprint,
            previous: Link(json), logs: logs)
        guard (previous == nil) == (json.text("previousDigestSignature") == nil) else { return nil }
    }
}

extension TrailDigest.Link {
    fileprivate init?(_ json: JSONValue) {
        guard let bucket = json.text("previousDigestS3Bucket"), let key = json.text("previousDigestS3Object"),
            let hash = json.text("previousDigestHashValue"), let signature = json.text("previousDigestSignature")
        else { return nil }
        self.init(bucket: bucket, key: key, hash: hash, signature: signature)
    }
}

extension TrailDigest.Log {
    fileprivate init?(_ json: JSONValue) {
        guard let bucket = json.text("s3Bucket"), let key = json.text("s3Object"), let hash = json.text("hashValue"),
            let newest = json.moment("newestEventTime"), let oldest = json.moment("oldestEventTime")
        else { return nil }
        self.init(bucket: bucket, key: key, hash: hash, newest: newest, oldest: oldest)
    }
}

extension JSONValue {
    fileprivate func text(_ name: String) -> String? {
        if case .string(let text)? = self[name] { text } else { nil }
    }

    fileprivate func moment(_ name: String) -> Timestamp? { text(name).flatMap(TrailMoment.parse) }
}
