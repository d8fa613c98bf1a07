// SPDX-License-Identifier: Apache-2.0

package import Mail

extension ServerSession {
    mutating func receive(line: String) {
        switch mode {
        case .authPlain, .authUser, .authPassword: return receiveAuthentication(line)
        default: break
        }
        do {
            perform(try Command.parse(line))
        } catch {
            refuse(error)
        }
    }

    private mutating func perform(_ command: Command) {
        switch (phase, command) {
        case (_, .quit): end(Reply(221, .init(2, 0, 0), "Bye"))
        case (_, .noop): reply(Reply(250, .init(2, 0, 0), "Ok"))
        case (_, .ehlo(let name)): greet(name, extended: true)
        case (_, .helo(let name)): greet(name, extended: false)
        case (_, .startTLS): startTLS()
        case (_, .help): reply(Reply(214, .init(2, 0, 0), "https://www.rfc-editor.org/rfc/rfc5321"))
        case (_, .vrfy): reply(Reply(252, .init(2, 5, 0), "Cannot verify, send some mail"))
        case (_, .expn): reply(Reply(502, .init(5, 5, 1), "Not implemented"))
        case (_, _) where settings.requiresTLS && !isSecure:
            // Chunks of a BDAT that may not be sent follow all the same; the session cannot stay in step with them.
            if case .bdat = command { return end(Reply(530, .init(5, 7, 0), "Must issue a STARTTLS command first")) }
            fail(Reply(530, .init(5, 7, 0), "Must issue a STARTTLS command first"))
        case (.greeted, _): fail(Reply(503, .init(5, 5, 1), "Say EHLO first"))
        case (_, .auth(let mechanism, let initial)): authenticate(mechanism, initial)
        case (_, .rset): reset()
        case (_, .mail) where settings.requiresAuthentication && !isAuthenticated:
            fail(Reply(530, .init(5, 7, 0), "Authentication required"))
        case (.ready, .mail(let path, let parameters)): mail(path, parameters)
        case (.transaction(let envelope, let parameters), .rcpt(let path)): rcpt(path, envelope, parameters)
        case (.transaction(let envelope, _), .data) where !envelope.forwardPaths.isEmpty && chunks == nil: data()
        case (.transaction(let envelope, _), .bdat(let length, let isLast)) where !envelope.forwardPaths.isEmpty:
            chunk(length, isLast)
        case (_, .bdat): end(Reply(503, .init(5, 5, 1), "BDAT needs MAIL and RCPT first"))
        default: fail(Reply(503, .init(5, 5, 1), "Bad sequence of commands"))
        }
    }

    private mutating func refuse(_ fault: CommandFault) {
        switch fault {
        case .requestOfHTTP: end(Reply(421, .init(4, 7, 0), "This is SMTP, not HTTP"))
        case .unknownCommand: fail(Reply(500, .init(5, 5, 1), "Command not recognized"))
        // The chunk comes all the same, and nobody knows how long it is.
        case .badChunk(let why): end(Reply(501, .init(5, 5, 4), why))
        case .badArguments(let why): fail(Reply(501, .init(5, 5, 4), why))
        case .unknownParameter(let parameter):
            fail(Reply(555, .init(5, 5, 4), "Unknown parameter \(parameter.prefix(100))"))
        case .badReversePath(let path): fail(Reply(553, .init(5, 1, 7), "<\(path.prefix(200))> Invalid email address"))
        case .badForwardPath(let path):
            if let postmaster = postmaster(path) { return perform(.rcpt(postmaster)) }
            fail(Reply(553, .init(5, 1, 3), "<\(path.prefix(200))> address unknown"))
        }
    }

    // Rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) ; RFC 5321 §4.1.1.3
    private func postmaster(_ path: String) -> ForwardPath? {
        guard let domain = settings.postmasterDomain, path.lowercased() == "postmaster",
            let mailbox = try? Mailbox(localPart: "postmaster", domain: domain)
        else { return nil }
        return ForwardPath(mailbox)
    }

    private mutating func greet(_ name: String, extended: Bool) {
        clientName = name
        forgetTransaction()
        phase = .ready
        guard extended else { return reply(Reply(250, nil, settings.hostname)) }
        var lines = [settings.hostname, "PIPELINING", "SIZE \(settings.maximumMessageSize)", "8BITMIME"]
        if settings.offersTLS, !isSecure { lines.append("STARTTLS") }
        if settings.requiresAuthentication, isSecure { lines.append("AUTH PLAIN LOGIN") }
        lines += ["ENHANCEDSTATUSCODES", "CHUNKING", "SMTPUTF8"]
        reply(Reply(code: 250, enhanced: nil, lines: lines))
    }

    private mutating func startTLS() {
        guard settings.offersTLS, !isSecure else {
            return fail(Reply(503, .init(5, 5, 1), "TLS is not available, or is on already"))
        }
        // Commands sent before the handshake were not protected by it: CVE-2011-0411.
        guard position == input.count else {
            return end(Reply(501, .init(5, 5, 4), "Nothing may follow STARTTLS before the handshake"))
        }
        pending += [.reply(Reply(220, .init(2, 0, 0), "Ready to start TLS")), .startTLS]
        mode = .waiting
    }

    /// The handshake is done: the session begins anew (RFC 3207 §4.2).
    package mutating func tlsEstablished() {
        isSecure = true
        phase = .greeted
        clientName = ""
        forgetTransaction()
        mode = .command
        input = []
        position = 0
    }

    private mutating func mail(_ path: ReversePath, _ parameters: MailParameters) {
        guard path != .null || settings.allowsNullReversePath else {
            return fail(Reply(553, .init(5, 1, 7), "<> Invalid email address"))
        }
        if let size = parameters.size, size > settings.maximumMessageSize {
            return fail(Reply(552, .init(5, 3, 4), "Message is too long."))
        }
        if path.mailbox?.needsSMTPUTF8 == true, !parameters.isSMTPUTF8 {
            return fail(Reply(553, .init(5, 6, 7), "The address needs SMTPUTF8"))
        }
        phase = .transaction(Envelope(reversePath: path, forwardPaths: []), parameters)
        reply(Reply(250, .init(2, 1, 0), "Ok"))
    }

    private mutating func rcpt(_ path: ForwardPath, _ envelope: Envelope, _ parameters: MailParameters) {
        guard envelope.forwardPaths.count < settings.maximumRecipients else {
            return fail(
                Reply(452, .init(4, 5, 3), "Too many recipients: at most \(settings.maximumRecipients) a message"))
        }
        if path.mailbox.needsSMTPUTF8, !parameters.isSMTPUTF8 {
            return fail(Reply(553, .init(5, 6, 7), "The address needs SMTPUTF8"))
        }
        var asked = envelope
        asked.forwardPaths.append(path)
        guard settings.asksAboutRecipients else { return take(asked, parameters) }
        mode = .waiting
        undecided = asked
        pending.append(.recipient(path, reversePath: envelope.reversePath))
    }

    private mutating func take(_ envelope: Envelope, _ parameters: MailParameters) {
        phase = .transaction(envelope, parameters)
        reply(Reply(250, .init(2, 1, 5), "Ok"))
    }

    /// What was found of the recipient that was asked about.
    /// - Parameter refusal: nil takes it.
    package mutating func decided(_ refusal: Reply?) {
        mode = .command
        defer { undecided = nil }
        // A trouble of ours is no error of the client's.
        if let refusal { return refusal.isTransient ? reply(refusal) : fail(refusal) }
        guard case .transaction(_, let parameters) = phase, let undecided else {
            return fail(Reply(503, .init(5, 5, 1), "Bad sequence of commands"))
        }
        take(undecided, parameters)
    }

    private mutating func reset() {
        forgetTransaction()
        reply(Reply(250, .init(2, 0, 0), "Ok"))
    }

    mutating func forgetTransaction() {
        if case .transaction = phase { phase = .ready }
        if contentSize > 0 || chunks != nil { pending.append(.discardContent) }
        contentSize = 0
        chunks = nil
    }
}
