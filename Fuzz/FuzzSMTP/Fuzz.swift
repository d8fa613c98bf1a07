// SPDX-License-Identifier: Apache-2.0

import Mail
import SMTP

/// The server session and the client's reply parser on whatever comes; the content of each message must be CRLF only.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var settings = ServerSettings(hostname: "fuzz.example")
    settings.requiresTLS = false
    settings.requiresAuthentication = (bytes.first ?? 0) & 1 == 1
    settings.asksAboutRecipients = (bytes.first ?? 0) & 2 == 2
    settings.allowsNullReversePath = settings.asksAboutRecipients
    var session = ServerSession(settings, isSecure: true)
    var content: [UInt8] = []
    for piece in stride(from: 0, to: bytes.count, by: 64) {
        session.append(bytes[piece..<min(piece + 64, bytes.count)])
        while let action = session.next() {
            switch action {
            case .authenticate(let user, _): session.authenticated(user.isEmpty ? .refused : .accepted)
            case .recipient(let path, _):
                session.decided(path.mailbox.localPart.utf8.count > 8 ? Reply(550, nil, "No") : nil)
            case .startTLS: session.tlsEstablished()
            case .content(let more): content += more
            case .discardContent: content = []
            case .submit:
                precondition(
                    !zip(content, content.dropFirst()).contains { $0 != 13 && $1 == 10 || $0 == 13 && $1 != 10 })
                content = []
                session.submitted(Reply(250, nil, "Ok"))
            case .reply(let reply): precondition(reply.wire.count(where: { $0 == 10 }) == reply.lines.count)
            case .close: return 0
            }
        }
    }
    var parser = ReplyParser()
    parser.append(bytes)
    while let reply = try? parser.next() { precondition((200...599).contains(reply.code)) }
    return 0
}
