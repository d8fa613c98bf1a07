// SPDX-License-Identifier: Apache-2.0

/// An error as an AWS client sees it.
package struct ServiceError: Error, Hashable, Sendable {
    package let code: String
    /// Nil where AWS sends `null`.
    package let message: String?
    package let status: Int
    /// What refused: `iam`, or a limit of the operator's; nil for everything else. On record, not on the wire.
    package let control: String?
    /// The statement or the setting behind it.
    package let because: String?

    package init(
        _ code: String, _ message: String?, status: Int = 400, control: String? = nil, because: String? = nil
    ) {
        self.because = because
        self.code = code
        self.message = message
        self.status = status
        self.control = control
    }

    /// Whose fault it is, in the Query protocol's words.
    var type: String { status < 500 ? "Sender" : "Receiver" }
}

/// How a service speaks.
package enum WireProtocol: Hashable, Sendable {
    case query(namespace: String)
    case restJSON
    /// S3's: objects by path, errors in XML.
    case restXML
    case json(version: String)
    /// Smithy's RPC v2 CBOR; the service in Smithy's words: `GraniteServiceVersion20100801`.
    case cbor(service: String)
}

extension ServiceError {
    /// What went wrong inside us; the words tell nothing about how.
    static func internalFailure(_ wire: WireProtocol) -> ServiceError {
        switch wire {
        case .query:
            ServiceError(
                "InternalFailure", "The request processing has failed because of an unknown error.", status: 500)
        case .restXML:
            ServiceError("InternalError", "We encountered an internal error, try again.", status: 500)
        default: ServiceError("InternalServiceErrorException", "Internal failure, try again.", status: 500)
        }
    }

    package init(_ fault: SignatureFault, _ wire: WireProtocol) {
        if wire == .restXML {
            self = S3Wire.error(fault)
            return
        }
        let isQuery = if case .query = wire { true } else { false }
        switch fault {
        case .missing, .presigned:
            self.init(
                isQuery ? "MissingAuthenticationToken" : "MissingAuthenticationTokenException",
                "Missing Authentication Token", status: 403)
        case .incomplete(let why):
            self.init(isQuery ? "IncompleteSignature" : "IncompleteSignatureException", why, status: 400)
        case .unknownKey:
            self.init(
                isQuery ? "InvalidClientTokenId" : "UnrecognizedClientException",
                "The security token included in the request is invalid.", status: 403)
        case .expiredToken:
            self.init(
                isQuery ? "ExpiredToken" : "ExpiredTokenException",
                "The security token included in the request is expired", status: 403)
        case .unavailable: self = .internalFailure(wire)
        case .locked(let until):
            self.init(
                isQuery ? "Throttling" : "TooManyRequestsException",
                "Too many failed attempts, try again after \(until).", status: isQuery ? 400 : 429)
        case .mismatch:
            self.init(
                isQuery ? "SignatureDoesNotMatch" : "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
                    + "Key and signing method. Consult the service documentation for details.", status: 403)
        case .scope(let why), .skew(let why):
            self.init(isQuery ? "SignatureDoesNotMatch" : "InvalidSignatureException", why, status: 403)
        }
    }
}
