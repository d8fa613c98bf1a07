// SPDX-License-Identifier: Apache-2.0

package import Access
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

    private let application: any ApplicationProtocol
    private let address: String

    /// - Parameters:
    ///   - access: lets in the root user, and puts on record who came and what was deleted.
    ///   - verify: what became of each signature on a message, one line each.
    package init(
        _ settings: Settings, inbox: any Inbox, access: AccessControl,
        verify: @escaping @Sendable ([UInt8]) async -> [String], logger: Logger
    ) throws {
        let pages = try Pages(firstSteps: settings.firstSteps)
        let routes = Routes(inbox: inbox, pages: pages, verify: verify)
        let guardian = Guardian(isAnonymous: settings.isAnonymous, host: settings.host, access: access)
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
        router.delete("/api/messages") { request, context in
            // Kept first: nothing is deleted that nobody can be asked about.
            try await access.recordDeletionOfCapturedMessages(
                by: ConsoleVisitor(
                    accessKeyID: context.accessKeyID, sourceAddress: context.peer, agent: request.agent))
            return try await routes.deleteAll()
        }
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
    let access: AccessControl

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
        var context = context
        if !isAnonymous {
            switch await signIn(request, from: context.peer) {
            case .letIn(let key): context.accessKeyID = key
            case .refused: return Self.signInPlease
            case .unavailable: return Response(status: .serviceUnavailable)
            }
        }
        // A page of somebody else's must not be able to change anything here, or to read it under another name.
        if isAnonymous, !isKnownHost(request.head.authority ?? "") { return Response(status: .init(code: 421)) }
        let site = HTTPField.Name("Sec-Fetch-Site").flatMap { request.headers[$0] }
        if request.method != .get, let site, site != "same-origin", site != "none" {
            return Response(status: .forbidden)
        }
        return try await next(request, context)
    }

    private static var signInPlease: Response {
        var headers = HTTPFields()
        headers[.wwwAuthenticate] = "Basic realm=\"Postern\", charset=\"UTF-8\""
        return Response(
            status: .unauthorized, headers: headers,
            body: .init(byteBuffer: ByteBuffer(string: "Sign in with the root access key.\n")))
    }

    private enum Entry {
        case letIn(key: String)
        case refused
        /// Whether somebody was let in could not be put on record.
        case unavailable
    }

    // A request without credentials is how every browser begins, and no attempt.
    private func signIn(_ request: Request, from peer: String) async -> Entry {
        let field = request.headers[.authorization] ?? ""
        guard field.lowercased().hasPrefix("basic "),
            let text = String(validating: decodedBase64(String(field.dropFirst(6))), as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return .refused }
        let key = String(text[..<colon])
        let attempt = SignInAttempt(
            door: .console, session: access.makeSessionName(), name: key,
            password: String(text[text.index(after: colon)...]), sourceAddress: peer, agent: request.agent)
        switch await access.signIn(attempt, keeping: { try await access.record($0) }) {
        case .principal: return .letIn(key: key)
        case .refused, .refusedBecause: return .refused
        case .temporarilyUnavailable: return .unavailable
        }
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
    /// Who signed in; nil where anybody is let in.
    var accessKeyID: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress ?? ""
    }
}

extension Request {
    fileprivate var agent: String { headers[.userAgent] ?? "" }
}

/// A port that could not be opened, in words for the operator.
struct PortFailure: Error, CustomStringConvertible {
    let address: String
    let reason: String

    var description: String { "cannot listen on \(address): \(reason)" }
}
