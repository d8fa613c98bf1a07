// SPDX-License-Identifier: Apache-2.0

package import Delivery
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle

/// The console: for now the capture inbox, to look at and as JSON.
package struct ConsoleServer: Service {
    package struct Settings: Sendable {
        package var host: String
        package var port: Int
        /// Lets anybody in who reaches the port; the configuration allows it on loopback only.
        package var isAnonymous: Bool
        /// Shown while the inbox is empty: how to send the first message.
        package var firstSteps: [String]

        package init(host: String, port: Int, isAnonymous: Bool, firstSteps: [String]) {
            self.host = host
            self.port = port
            self.isAnonymous = isAnonymous
            self.firstSteps = firstSteps
        }
    }

    /// Key id, secret, the peer's address.
    package typealias Authenticate = @Sendable (String, String, String) -> Bool

    private let application: any ApplicationProtocol
    private let address: String

    /// - Parameters:
    ///   - authenticate: whether these are the root credentials, from this address.
    ///   - verify: what became of each signature on a message, one line each.
    package init(
        _ settings: Settings, inbox: any Inbox, authenticate: @escaping Authenticate,
        verify: @escaping @Sendable ([UInt8]) async -> [String], logger: Logger
    ) throws {
        let pages = try Pages(firstSteps: settings.firstSteps)
        let routes = Routes(inbox: inbox, pages: pages, verify: verify)
        let guardian = Guardian(isAnonymous: settings.isAnonymous, host: settings.host, authenticate: authenticate)
        let router = Router(context: ConsoleContext.self)
        router.add(middleware: guardian)
        router.get("/") { request, _ in try await routes.list(search: request.uri.queryParameters.get("search")) }
        router.get("/messages/:id") { _, context in try await routes.message(context.parameters.get("id")) }
        router.get("/messages/:id/html") { _, context in try await routes.html(context.parameters.get("id")) }
        router.get("/messages/:id/source") { _, context in try await routes.source(context.parameters.get("id")) }
        router.get("/messages/:id/attachments/:index") { _, context in
            try await routes.attachment(context.parameters.get("id"), context.parameters.get("index"))
        }
        router.get("/api/messages") { request, _ in
            try await routes.listJSON(search: request.uri.queryParameters.get("search"))
        }
        router.get("/api/messages/:id/source") { _, context in try await routes.source(context.parameters.get("id")) }
        router.delete("/api/messages") { _, _ in try await routes.deleteAll() }
        address = "\(settings.host):\(settings.port)"
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        application = Application(
            router: router,
            configuration: .init(address: .hostname(settings.host, port: settings.port), serverName: nil), logger: quiet
        )
    }

    /// - Throws: `PortFailure` when the port cannot be opened.
    package func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw PortFailure(address: address, reason: "\(error)")
        }
    }
}

/// Who may look, and what every answer carries.
struct Guardian: RouterMiddleware {
    typealias Context = ConsoleContext

    let isAnonymous: Bool
    let host: String
    let authenticate: ConsoleServer.Authenticate

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await answer(request, context, next)
        response.headers[.xContentTypeOptions] = "nosniff"
        for (name, value) in [
            ("X-Frame-Options", "SAMEORIGIN"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"),
        ] {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        if response.headers[.contentSecurityPolicy] == nil {
            response.headers[.contentSecurityPolicy] =
                "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; base-uri 'none'"
        }
        return response
    }

    private func answer(
        _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard isAllowed(request, from: context.peer) else {
            var headers = HTTPFields()
            headers[.wwwAuthenticate] = "Basic realm=\"Postern\", charset=\"UTF-8\""
            return Response(
                status: .unauthorized, headers: headers,
                body: .init(byteBuffer: ByteBuffer(string: "Sign in with the root access key.\n")))
        }
        // A page of somebody else's must not be able to change anything here, or to read it under another name.
        if isAnonymous, !isKnownHost(request.head.authority ?? "") { return Response(status: .init(code: 421)) }
        let site = HTTPField.Name("Sec-Fetch-Site").flatMap { request.headers[$0] }
        if request.method != .get, let site, site != "same-origin", site != "none" {
            return Response(status: .forbidden)
        }
        return try await next(request, context)
    }

    private func isAllowed(_ request: Request, from peer: String) -> Bool {
        if isAnonymous { return true }
        let field = request.headers[.authorization] ?? ""
        guard field.lowercased().hasPrefix("basic "),
            let text = String(validating: decodedBase64(String(field.dropFirst(6))), as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return false }
        return authenticate(String(text[..<colon]), String(text[text.index(after: colon)...]), peer)
    }

    private func isKnownHost(_ authority: String) -> Bool {
        let name =
            authority.hasPrefix("[")
            ? String(authority.prefix { $0 != "]" }) + "]" : String(authority.prefix { $0 != ":" })
        return ["localhost", "127.0.0.1", "[::1]", host].contains(name)
    }
}

/// What a request came with.
struct ConsoleContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's address, without port.
    let peer: String

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress ?? ""
    }
}

/// A port that could not be opened, in words for the operator.
struct PortFailure: Error, CustomStringConvertible {
    let address: String
    let reason: String

    var description: String { "cannot listen on \(address): \(reason)" }
}
