// SPDX-License-Identifier: Apache-2.0

package import Mail
package import SMTP

/// Where mail goes.
package enum Route: Hashable, Sendable {
    /// Into the inbox on this machine.
    case capture
    /// To one fixed next hop.
    case relay(host: String, port: Int, tls: ClientSession.TLS)
    /// To the recipient domain's mail exchangers.
    case mx(port: Int)

    /// The scheduling key: recipients with the same one are tried together, and limits count by it.
    package func site(of recipient: Mailbox) -> String {
        switch self {
        case .capture: "capture"
        case .relay: "relay"
        case .mx: recipient.domain.description
        }
    }
}

/// One host to try.
package struct Target: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address.
    package let host: String
    package let port: Int
    /// The name its certificate must carry where TLS is required.
    package let serverName: String
    package let tls: ClientSession.TLS

    package init(host: String, port: Int, serverName: String, tls: ClientSession.TLS) {
        self.host = host
        self.port = port
        self.serverName = serverName
        self.tls = tls
    }

    /// `mx1.example.com [192.0.2.1]:25`, or without the address where the host is a name.
    package var description: String {
        host == serverName ? "\(host):\(port)" : "\(serverName) [\(host)]:\(port)"
    }
}
