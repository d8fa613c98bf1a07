// SPDX-License-Identifier: Apache-2.0

import Delivery
import HTTPTypes
import Hummingbird
import MIME
import Mail
import NIOCore

/// What each address of the console answers.
struct Routes: Sendable {
    static let pageSize = 100
    /// Text shown on a page; the rest is in the source.
    static let maximumText = 512 * 1024

    let inbox: any Inbox
    let pages: Pages
    let verify: @Sendable ([UInt8]) async -> [String]

    func list(search: String?) async throws -> Response {
        let found = try await inbox.messages(before: nil, limit: Self.pageSize, search: search)
        return Self.response(pages.list(found, search: search ?? ""), type: "text/html; charset=utf-8")
    }

    func listJSON(search: String?) async throws -> Response {
        let found = try await inbox.messages(before: nil, limit: Self.pageSize, search: search)
        return Self.response(JSONList.text(found), type: "application/json")
    }

    func message(_ id: String?) async throws -> Response {
        guard let message = try await find(id) else { return Response(status: .notFound) }
        let verdicts = await verify(message.content)
        return Self.response(
            pages.message(message, part: Part.parse(message.content), verdicts: verdicts),
            type: "text/html; charset=utf-8")
    }

    /// The HTML part by itself, in a box: no scripts, nothing from elsewhere.
    func html(_ id: String?) async throws -> Response {
        guard let message = try await find(id) else { return Response(status: .notFound) }
        let part = Part.parse(message.content)
        var html = part.firstText("text/html")?.text ?? ""
        for inline in part.leaves {
            guard let cid = inline.contentID, inline.contentType.value.hasPrefix("image/") else { continue }
            let data = String(decoding: Base64.encode(inline.decoded), as: UTF8.self)
            html = html.replacing("cid:\(cid)", with: "data:\(inline.contentType.value);base64,\(data)")
        }
        var response = Self.response(html, type: "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
        return response
    }

    func source(_ id: String?) async throws -> Response {
        guard let message = try await find(id) else { return Response(status: .notFound) }
        var response = Self.response("", type: "text/plain; charset=utf-8")
        response.body = .init(byteBuffer: ByteBuffer(bytes: message.content))
        return response
    }

    func attachment(_ id: String?, _ index: String?) async throws -> Response {
        guard let message = try await find(id), let index = index.flatMap({ Int($0) }) else {
            return Response(status: .notFound)
        }
        let attachments = Part.parse(message.content).attachments
        guard attachments.indices.contains(index) else { return Response(status: .notFound) }
        var response = Self.response("", type: "application/octet-stream")
        response.headers[.contentDisposition] = "attachment; filename=\"\(Self.safe(attachments[index].fileName))\""
        response.body = .init(byteBuffer: ByteBuffer(bytes: attachments[index].decoded))
        return response
    }

    func deleteAll() async throws -> Response {
        try await inbox.deleteAll()
        return Response(status: .noContent)
    }

    private func find(_ id: String?) async throws -> CapturedMessage? {
        guard let id = id.flatMap({ Int64($0) }) else { return nil }
        return try await inbox.message(id)
    }

    /// A file name that can do nothing but name a file.
    static func safe(_ name: String?) -> String {
        let kept = (name ?? "").unicodeScalars.filter {
            $0.isASCII && (UInt8($0.value).isLetterOrDigit || " ._-".unicodeScalars.contains($0))
        }
        let text = String(String.UnicodeScalarView(kept)).drop { $0 == "." || $0 == " " }
        return text.isEmpty ? "attachment" : String(text.prefix(100))
    }

    private static func response(_ text: String, type: String) -> Response {
        Response(status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
