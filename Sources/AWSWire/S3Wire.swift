// SPDX-License-Identifier: Apache-2.0

/// What S3 does on the wire otherwise than the other services: REST with XML, objects by path.
package enum S3Wire {
    package static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

    /// S3's words for a signature that does not count.
    package static func error(_ fault: SignatureFault) -> ServiceError {
        switch fault {
        case .missing, .presigned: ServiceError("AccessDenied", "Access Denied", status: 403)
        case .incomplete(let why): ServiceError("AuthorizationHeaderMalformed", why)
        case .unknownKey:
            ServiceError(
                "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", status: 403)
        case .expiredToken: ServiceError("ExpiredToken", "The provided token has expired.")
        case .unavailable: ServiceError("InternalError", "We encountered an internal error, try again.", status: 500)
        case .locked(let until):
            ServiceError("SlowDown", "Too many failed attempts, try again after \(until).", status: 503)
        case .mismatch:
            ServiceError(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your key and signing method.", status: 403)
        case .scope(let why): ServiceError("AuthorizationHeaderMalformed", why)
        case .skew(let why): ServiceError("RequestTimeTooSkewed", why, status: 403)
        }
    }

    /// An error as S3 writes it. (A server drops the body of what answers HEAD.)
    static func refusal(_ error: ServiceError, requestID: String) -> WireResponse {
        let body = """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>\(XMLWriter.escaped(error.code))</Code><Message>\(XMLWriter.escaped(error.message ?? ""))\
            </Message><RequestId>\(requestID)</RequestId></Error>
            """
        return response(error.status, [], Array(body.utf8), requestID, type: "application/xml")
    }

    package static func response(
        _ status: Int, _ headers: [(name: String, value: String)], _ body: [UInt8], _ requestID: String, type: String
    ) -> WireResponse {
        WireResponse(
            status: status, headers: [("Content-Type", type), ("x-amz-request-id", requestID)] + headers, body: body)
    }

    package static func escaped(_ text: String) -> String { XMLWriter.escaped(text) }

    /// As `encoding-type=url` asks for it.
    package static func encoded(_ text: String) -> String { Percent.encode(text.utf8, keeping: UInt8(ascii: "/")) }

    /// The path without percent-encoding; nil for what is not UTF-8.
    package static func path(_ request: WireRequest) -> String? {
        try? Percent.text(request.path, plusIsSpace: false)
    }

    /// Of a name that stands twice the first counts.
    package static func parameters(_ request: WireRequest) -> [String: String]? {
        guard let pairs = try? Percent.pairs(request.query, plusIsSpace: true) else { return nil }
        return Dictionary(pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}
