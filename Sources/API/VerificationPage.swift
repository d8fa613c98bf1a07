// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore

/// What a stranger sees who follows the link of a verification mail.
///
/// Following it only shows a button: what scans mail follows links too. Where the account has a page of its own for
/// afterwards, ours leads there at once, and by a link where browsers are told not to. A redirection by status would not
/// do: after a form, browsers hold it to the page's own `form-action`.
enum VerificationPage {
    static func answer(_ request: Request, _ confirm: APIServer.Confirm) async throws -> Response {
        let token = request.uri.queryParameters.get("token") ?? ""
        let isToken =
            (1...64).contains(token.utf8.count)
            && token.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) }
        guard isToken, request.method == .get || request.method == .post else {
            return page("This link is not valid.", .badRequest)
        }
        if request.method == .get {
            return page("<form method=\"post\"><button>Yes, this address may be used for sending</button></form>", .ok)
        }
        let (isGood, redirection) = try await confirm(token)
        return isGood
            ? page("The address is verified.", .ok, leadingTo: redirection)
            : page("This link is not valid any more.", .gone, leadingTo: redirection)
    }

    private static func page(
        _ body: String, _ status: HTTPResponse.Status, leadingTo address: String? = nil
    ) -> Response {
        var (head, body) = ("", body)
        if let address = address.map(escaped) {
            head = "<meta http-equiv=\"refresh\" content=\"0; url=\(address)\">"
            body += "<p><a href=\"\(address)\">Continue</a></p>"
        }
        let html =
            "<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
            + "<meta name=referrer content=no-referrer><title>Postern</title>"
            + head + body
        return Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8",
                .contentSecurityPolicy: "default-src 'none'; form-action 'self'",
            ],
            body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#x27;"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
