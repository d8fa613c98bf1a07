// SPDX-License-Identifier: Apache-2.0

package import Mail

/// The server's side of one SMTP session (RFC 5321, 3207, 4954, 3030): octets in, actions out. No I/O, no clock.
///
/// The door appends what it read and performs `next()` until that is nil. Four actions make the session wait:
/// `.authenticate`, `.recipient`, `.submit` and `.startTLS`; it goes on when the door reports what came of them. Commands
/// that arrive meanwhile stay in the input, so PIPELINING needs no more than that.
///
/// Phases, and who may leave them:
/// - `greeted`: EHLO or HELO → `ready`.
/// - `ready`: MAIL → `transaction`; STARTTLS → `greeted` under TLS; AUTH stays.
/// - `transaction`: RCPT adds; DATA or BDAT → content; RSET, EHLO → `ready`.
package struct ServerSession {
    package enum Action: Sendable {
        case reply(Reply)
        /// Write what is pending, then start TLS, then call `tlsEstablished`.
        case startTLS
        /// Call `authenticated` with the result.
        case authenticate(user: String, password: String)
        /// Call `decided` with the refusal, or nil to take the recipient.
        case recipient(ForwardPath, reversePath: ReversePath)
        /// More of the message's content.
        case content([UInt8])
        /// The content is complete; call `submitted` with the reply.
        case submit(Envelope, is8Bit: Bool)
        /// Forget the content there is.
        case discardContent
        case close
    }

    enum Phase {
        case greeted
        case ready
        case transaction(Envelope, MailParameters)
    }

    enum Mode {
        case command
        case skipLine
        case authPlain, authUser
        case authPassword(user: String)
        case data(ContentScanner)
        case chunk(ContentScanner, remaining: Int, isLast: Bool)
        case waiting
        case closed
    }

    let settings: ServerSettings
    package internal(set) var isSecure: Bool
    package internal(set) var clientName = ""
    var isAuthenticated = false
    var phase = Phase.greeted
    var mode = Mode.command
    var input: [UInt8] = []
    var position = 0
    var contentSize = 0
    var chunks: ContentScanner?
    /// The envelope as it will be if the recipient that was asked about is taken.
    var undecided: Envelope?
    var errors = 0
    var authenticationFailures = 0
    var pending: [Action] = []

    package init(_ settings: ServerSettings, isSecure: Bool) {
        self.settings = settings
        self.isSecure = isSecure
        pending = [.reply(Reply(220, nil, "\(settings.hostname) ESMTP Postern"))]
    }

    package mutating func append(_ bytes: some Collection<UInt8>) { input.append(contentsOf: bytes) }

    /// Whether a message is on its way in, so that a drain should let it finish.
    package var isInContent: Bool {
        switch mode {
        case .data, .chunk: true
        default: false
        }
    }

    /// The next thing to do, or nil until more octets or a result come.
    package mutating func next() -> Action? {
        while pending.isEmpty {
            guard advance() else {
                compact()
                return nil
            }
        }
        return pending.removeFirst()
    }

    // Does one step; false when it cannot.
    private mutating func advance() -> Bool {
        switch mode {
        case .waiting, .closed: return false
        case .data(let scanner): return readData(scanner)
        case .chunk(let scanner, let remaining, let isLast): return readChunk(scanner, remaining, isLast)
        case .skipLine: return skipLine()
        case .command, .authPlain, .authUser, .authPassword: return readLine()
        }
    }

    private mutating func compact() {
        if position == input.count {
            if input.capacity > 4096 { input = [] } else { input.removeAll(keepingCapacity: true) }
        } else if position > 0 {
            input.removeFirst(position)
        }
        position = 0
    }

    private mutating func readLine() -> Bool {
        let limit = if case .command = mode { settings.maximumLineLength } else { settings.maximumAuthenticationLength }
        guard let end = input[position...].firstIndex(of: 10) else {
            guard input.count - position > limit else { return false }
            if case .command = mode, beginsChunk(input[position...]) {
                return refuse(line: input[position...], "Line too long")
            }
            mode = .skipLine
            position = input.count
            return false
        }
        let line = input[position..<end]
        position = end + 1
        guard line.count <= limit else { return refuse(line: line, "Line too long") }
        guard line.last == 13, !line.dropLast().contains(where: { $0 == 13 || $0 == 0 }) else {
            return refuse(line: line, "Lines must end in CRLF and hold no other control characters")
        }
        // RFC 6531 §3.3; octets that are no UTF-8 must not become another address.
        guard let text = String(validating: line.dropLast(), as: UTF8.self) else {
            return refuse(line: line, "Lines must be UTF-8")
        }
        receive(line: text)
        return true
    }

    // A response of AUTH that is no line ends the exchange too. After a BDAT that is no line nobody knows how long the
    // chunk behind it is: to read on would be to read mail as commands.
    private mutating func refuse(line: ArraySlice<UInt8>, _ why: String) -> Bool {
        let reply = Reply(500, .init(5, 5, 2), why)
        let isCommand = if case .command = mode { true } else { false }
        mode = .command
        if isCommand, beginsChunk(line) { end(reply) } else { fail(reply) }
        return true
    }

    private func beginsChunk(_ line: ArraySlice<UInt8>) -> Bool {
        line.prefix(4).map { $0 & 0xDF }.elementsEqual("BDAT".utf8)
    }

    private mutating func skipLine() -> Bool {
        guard let end = input[position...].firstIndex(of: 10) else {
            position = input.count
            return false
        }
        position = end + 1
        mode = .command
        fail(Reply(500, .init(5, 5, 2), "Line too long"))
        return true
    }

    /// A reply that counts against the client; too many end the session.
    mutating func fail(_ reply: Reply) {
        errors += 1
        pending.append(.reply(reply))
        if errors >= settings.maximumErrors { end(Reply(421, .init(4, 7, 0), "Too many errors")) }
    }

    mutating func end(_ reply: Reply) {
        pending += [.reply(reply), .close]
        mode = .closed
    }

    mutating func reply(_ reply: Reply) { pending.append(.reply(reply)) }
}
