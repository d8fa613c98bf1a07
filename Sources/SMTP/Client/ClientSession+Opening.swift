// SPDX-License-Identifier: Apache-2.0

import Mail

extension ClientSession {
    mutating func receiveOpening(_ reply: Reply, _ step: Opening, hasMore: Bool) -> [Action] {
        switch step {
        case .greeting: return reply.code == 220 ? hello() : end(.failed(reply))
        case .ehlo: return receiveEHLO(reply)
        case .helo: return reply.isCompletion ? settled() : end(.failed(reply))
        case .startTLS: return receiveSTARTTLS(reply, hasMore: hasMore)
        case .handshake: return lost(.outOfStep(reply))
        }
    }

    mutating func hello() -> [Action] {
        capabilities = []
        state = .opening(.ehlo)
        return [.write(Self.lines(["EHLO \(hostname)"]))]
    }

    // A server that knows no EHLO says 500 or 502; some say 501, 504 or 550 (RFC 5321 §3.2).
    private mutating func receiveEHLO(_ reply: Reply) -> [Action] {
        if reply.isPermanent {
            state = .opening(.helo)
            return [.write(Self.lines(["HELO \(hostname)"]))]
        }
        guard reply.isCompletion else { return end(.failed(reply)) }
        capabilities = Set(reply.lines.dropFirst().compactMap { $0.split(separator: " ").first?.uppercased() })
        return settled()
    }

    // STARTTLS where it is offered and wanted; never in clear where it is required.
    private mutating func settled() -> [Action] {
        if isSecure || tls == .none { return becomeReady() }
        if capabilities.contains("STARTTLS") {
            state = .opening(.startTLS)
            return [.write(Self.lines(["STARTTLS"]))]
        }
        return tls == .require
            ? end(.insecure(Reply(450, .init(4, 7, 10), "TLS is required and the peer does not offer it")))
            : becomeReady()
    }

    // What came in clear after the 220 would be taken for an answer under TLS: response injection.
    private mutating func receiveSTARTTLS(_ reply: Reply, hasMore: Bool) -> [Action] {
        guard reply.code == 220 else { return tls == .require ? end(.insecure(reply)) : becomeReady() }
        guard !hasMore else {
            return end(.insecure(Reply(451, .init(4, 7, 5), "The peer spoke between STARTTLS and the handshake")))
        }
        state = .opening(.handshake)
        return [.startTLS]
    }

    private mutating func becomeReady() -> [Action] {
        state = .ready(reset: false)
        return [.ready]
    }

    static func lines(_ lines: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.reduce(0) { $0 + $1.utf8.count + 2 })
        for line in lines {
            bytes.append(contentsOf: line.utf8)
            bytes.append(13)
            bytes.append(10)
        }
        return bytes
    }
}
