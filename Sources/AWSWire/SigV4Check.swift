// SPDX-License-Identifier: Apache-2.0

import Crypto

/// A request's claim to be signed, read from its head alone, so that what cannot be right is refused before a body is read.
package struct SigV4Check: Sendable {
    private static let unsigned = "UNSIGNED-PAYLOAD"
    /// AWS takes five minutes either way.
    package static let window: Int64 = 300

    package let accessKeyID: String
    package let scope: SigV4.Scope
    package let sessionToken: String?
    private let signedHeaders: [String]
    private let signature: String
    private let timestamp: String

    /// - Parameters:
    ///   - services: scope names that may be asked here.
    ///   - regions: scope regions that may be asked here.
    ///   - seconds: the present, since 1970.
    package init(_ request: WireRequest, regions: (String) -> Set<String>, now seconds: Int64) throws(SignatureFault) {
        guard let authorization = request.header("authorization") else {
            throw request.query.contains("X-Amz-Signature=") ? .presigned : .missing
        }
        let fields = try AuthorizationHeader(authorization)
        let credential = (fields.credential ?? "").parts(between: "/", omittingEmpty: false)
        guard credential.count == 5, credential[4] == "aws4_request", !credential[0].isEmpty,
            let signature = fields.signature, let names = fields.signedHeaders
        else {
            throw .incomplete("Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters.")
        }
        accessKeyID = credential[0]
        scope = SigV4.Scope(date: credential[1], region: credential[2], service: credential[3])
        self.signature = signature
        signedHeaders = names.parts(between: ";", omittingEmpty: true)
        sessionToken = request.header("x-amz-security-token")
        guard let timestamp = request.header("x-amz-date") else {
            throw .incomplete("Authorization header requires existence of an 'X-Amz-Date' header.")
        }
        self.timestamp = timestamp
        try requireSigned(request)
        try requireScope(regions(scope.service))
        try requireFresh(seconds)
    }

    /// - Parameter key: `SigV4.signingKey` of the key's secret and this scope.
    package func verify(_ request: WireRequest, key: [UInt8]) throws(SignatureFault) {
        let payload: String
        if scope.service == "s3", request.body.isEmpty, request.header("x-amz-content-sha256") == Self.unsigned {
            // S3's clients may leave a payload unsigned. Nothing that is read here comes with one.
            payload = Self.unsigned
        } else {
            payload = SigV4.hash(request.body)
            // A hash that is sent must be the body's own; no service takes unsigned or chunked payloads.
            if let sent = request.header("x-amz-content-sha256"), sent != payload { throw .mismatch }
        }
        let canonical = SigV4.canonicalRequest(
            request, signedHeaders: signedHeaders, payloadHash: payload, service: scope.service)
        let text = SigV4.octetsToSign(canonical, timestamp: timestamp, scope: scope)
        guard let given = SigV4.octets(signature), given.count == SHA256.byteCount,
            HMAC<SHA256>.isValidAuthenticationCode(
                given, authenticating: text, using: SymmetricKey(data: key))
        else { throw .mismatch }
    }

    private func requireSigned(_ request: WireRequest) throws(SignatureFault) {
        let isSorted = zip(signedHeaders, signedHeaders.dropFirst()).allSatisfy { $0 < $1 }
        guard isSorted, isSigned("host") else {
            throw .incomplete("'Host' must be a signed header, and signed headers must be sorted.")
        }
        for (name, _) in request.headers where name.hasPrefix("x-amz-") && !isSigned(name) { throw .mismatch }
    }

    // They are sorted, and a stranger may send thousands.
    private func isSigned(_ name: String) -> Bool {
        var range = signedHeaders[...]
        while let middle = range.isEmpty ? nil : range.startIndex + range.count / 2 {
            if signedHeaders[middle] == name { return true }
            range = signedHeaders[middle] < name ? range[(middle + 1)...] : range[..<middle]
        }
        return false
    }

    private func requireScope(_ regions: Set<String>) throws(SignatureFault) {
        guard !regions.isEmpty else { throw .scope("Credential should be scoped to correct service.") }
        guard regions.contains(scope.region) else {
            throw .scope("Credential should be scoped to a valid region, not '\(scope.region)'.")
        }
        guard timestamp.hasPrefix(scope.date), scope.date.utf8.count == 8 else {
            throw .scope("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
        }
    }

    private func requireFresh(_ now: Int64) throws(SignatureFault) {
        guard let moment = BasicDate.seconds(timestamp) else {
            throw .incomplete("'X-Amz-Date' must be in ISO 8601 basic format.")
        }
        if moment < now - Self.window {
            throw .skew(
                "Signature expired: \(timestamp) is now earlier than \(BasicDate.text(now - Self.window)) (\(BasicDate.text(now)) - 5 min.)"
            )
        }
        if moment > now + Self.window {
            throw .skew(
                "Signature not yet current: \(timestamp) is still later than \(BasicDate.text(now + Self.window)) (\(BasicDate.text(now)) + 5 min.)"
            )
        }
    }
}

extension String {
    fileprivate func parts(between separator: Unicode.Scalar, omittingEmpty: Bool) -> [String] {
        var (text, parts) = (self, [String]())
        text.withUTF8 { octets in
            var start = 0
            while start <= octets.count {
                let end = octets[start...].firstIndex(of: UInt8(ascii: separator)) ?? octets.count
                if !omittingEmpty || end > start { parts.append(String(decoding: octets[start..<end], as: UTF8.self)) }
                start = end + 1
            }
        }
        return parts
    }
}

/// Why a request does not count as signed. Each protocol has its own words for these.
package enum SignatureFault: Error, Hashable, Sendable {
    case missing
    case presigned
    case incomplete(String)
    case unknownKey
    case expiredToken
    case unavailable
    /// Too many signatures were wrong.
    case locked(until: String)
    case mismatch
    case scope(String)
    case skew(String)
}

/// `20261124T074253Z`
package enum BasicDate {
    package static func text(_ seconds: Int64) -> String {
        let days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        let (year, month, day) = civil(days)
        let rest = seconds - days * 86400
        return pad(year, 4) + pad(month, 2) + pad(day, 2) + "T" + pad(Int(rest / 3600), 2)
            + pad(Int(rest % 3600 / 60), 2)
            + pad(Int(rest % 60), 2) + "Z"
    }

    /// `2026-11-24T07:42:53Z`
    package static func extended(_ seconds: Int64) -> String {
        let basic = Array(text(seconds))
        let parts = [0..<4, 4..<6, 6..<8, 9..<11, 11..<13, 13..<15].map { String(basic[$0]) }
        return "\(parts[0])-\(parts[1])-\(parts[2])T\(parts[3]):\(parts[4]):\(parts[5])Z"
    }

    package static func seconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int64? { Int64(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
            let minute = number(11..<13), let second = number(13..<15), (1...12).contains(month),
            (1...31).contains(day),
            hour < 24, minute < 60, second < 61, hour >= 0, minute >= 0, second >= 0, year > 1969
        else { return nil }
        // Days from civil date by 400-year eras that begin on 1 March.
        let y = month <= 2 ? year - 1 : year
        let yearOfEra = y % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = y / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return days * 86400 + hour * 3600 + minute * 60 + second
    }

    private static func civil(_ days: Int64) -> (Int, Int, Int) {
        let z = days + 719_468
        let era = z / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = Int(shifted < 10 ? shifted + 3 : shifted - 9)
        return (Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), month, Int(dayOfYear - (153 * shifted + 2) / 5 + 1))
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
