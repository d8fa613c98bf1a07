// SPDX-License-Identifier: Apache-2.0

import Mail

extension ServerSession {
    mutating func authenticate(_ mechanism: String, _ initial: String?) {
        guard settings.requiresAuthentication, !isAuthenticated, case .ready = phase else {
            return fail(Reply(503, .init(5, 5, 1), "AUTH is not possible now"))
        }
        switch mechanism {
        case "PLAIN":
            mode = .authPlain
            if let initial { plain(initial == "=" ? "" : initial) } else { reply(Reply(334, nil, "")) }
        case "LOGIN":
            mode = .authUser
            if let initial {
                receiveAuthentication(initial)
            } else {
                reply(Reply(334, nil, "VXNlcm5hbWU6"))
            }
        default:
            fail(Reply(504, .init(5, 5, 4), "Mechanism not supported: use PLAIN or LOGIN"))
        }
    }

    mutating func receiveAuthentication(_ text: String) {
        guard text != "*" else {
            mode = .command
            return fail(Reply(501, .init(5, 7, 0), "Authentication cancelled"))
        }
        switch mode {
        case .authPlain: plain(text)
        case .authUser:
            guard let user = decoded(text) else { return malformed() }
            mode = .authPassword(user: user)
            reply(Reply(334, nil, "UGFzc3dvcmQ6"))
        case .authPassword(let user):
            guard let password = decoded(text) else { return malformed() }
            ask(user, password)
        default: malformed()
        }
    }

    // message = [authzid] UTF8NUL authcid UTF8NUL passwd ; RFC 4616 §2
    private mutating func plain(_ text: String) {
        guard let fields = decoded(text)?.split(separator: "\0", omittingEmptySubsequences: false), fields.count == 3
        else {
            return malformed()
        }
        ask(String(fields[1]), String(fields[2]))
    }

    private mutating func ask(_ user: String, _ password: String) {
        mode = .waiting
        pending.append(.authenticate(user: user, password: password))
    }

    private mutating func malformed() {
        mode = .command
        fail(Reply(501, .init(5, 5, 2), "Cannot decode the response"))
    }

    /// What became of the sign-in.
    package mutating func authenticated(_ result: AuthenticationResult) {
        mode = .command
        switch result {
        case .accepted:
            isAuthenticated = true
            reply(Reply(235, .init(2, 7, 0), "Authentication successful"))
        case .refused, .refusedBecause:
            authenticationFailures += 1
            let reason = if case .refusedBecause(let why) = result { ": \(why)" } else { "" }
            fail(Reply(535, .init(5, 7, 8), "Authentication Credentials Invalid\(reason)"))
            if authenticationFailures >= settings.maximumAuthenticationFailures {
                end(Reply(421, .init(4, 7, 0), "Too many failed sign-ins"))
            }
        case .unavailable:
            reply(Reply(454, .init(4, 7, 0), "Temporary authentication failure"))
        }
    }

    package enum AuthenticationResult: Sendable {
        case accepted, refused, unavailable
        /// Refused for a reason that the client may know.
        case refusedBecause(String)
    }

    private func decoded(_ text: String) -> String? {
        guard text.utf8.count % 4 == 0, text.utf8.allSatisfy({ $0.isLetterOrDigit || "+/=".utf8.contains($0) }) else {
            return nil
        }
        var bits: UInt32 = 0
        var count = 0
        var bytes: [UInt8] = []
        for octet in text.utf8 where octet != UInt8(ascii: "=") {
            let value: UInt8 =
                switch octet {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): octet - UInt8(ascii: "A")
                case UInt8(ascii: "a")...UInt8(ascii: "z"): octet - UInt8(ascii: "a") + 26
                case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0") + 52
                case UInt8(ascii: "+"): 62
                default: 63
                }
            bits = (bits << 6 | UInt32(value)) & 0xFFFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
