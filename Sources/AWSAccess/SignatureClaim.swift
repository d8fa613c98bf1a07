// SPDX-License-Identifier: Apache-2.0

import AWSWire

/// What a request says of itself whose signature does not count: not to be believed, but worth a record.
///
/// Looks at 4 KB of the header.
struct SignatureClaim: Hashable {
    private static let longest = 4 << 10
    private static let services: Set<String> = [
        "ses", "iam", "sts", "organizations", "postern", "cloudtrail", "s3", "logs", "monitoring", "sns",
    ]

    let accessKeyID: String?
    /// `iam.amazonaws.com`; of a service that is not ours, or of none, the house's own.
    let source: String
    /// `CreateUser`, in letters and digits.
    let operation: String

    /// - Parameter key: as it was read from the request; nil where that was not understood, and what can be found of it is
    ///   taken.
    init(_ request: WireRequest, key: String?) {
        let credential = Self.credential(request.header("authorization") ?? "")
        let named = credential.first.flatMap { $0.isEmpty ? nil : $0 }
        accessKeyID = key ?? named
        let service = credential.count > 3 ? credential[3] : ""
        source = "\(Self.services.contains(service) ? service : "postern").amazonaws.com"
        operation = ServiceCall.name(in: request)
    }

    // KEY/DATE/REGION/SERVICE/aws4_request
    private static func credential(_ header: String) -> [String] {
        let text = String(decoding: header.utf8.prefix(longest), as: UTF8.self)
        guard
            let field = text.split(whereSeparator: { $0 == " " || $0 == "," }).first(where: {
                $0.hasPrefix("Credential=")
            })
        else { return [] }
        return field.dropFirst("Credential=".count)
            .split(separator: "/", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
    }
}
