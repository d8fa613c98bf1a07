// SPDX-License-Identifier: Apache-2.0

package import Mail
package import Queue

/// Where mail goes.
package enum Route: Hashable, Sendable {
    /// Into the inbox on this machine.
    case capture
    /// To one fixed next hop.
    case relay(host: String, port: Int, tls: RelayTLS)
    /// To the recipient domain's mail exchangers.
    case mx(port: Int)

    /// How the session with a fixed next hop is protected where nothing asks for more.
    package enum RelayTLS: Hashable, Sendable { case none, opportunistic, require }

    /// The scheduling key: recipients with the same one are tried together.
    package func destination(of recipient: Mailbox) -> String {
        if SimulatorAddress(recipient) != nil { return SimulatorAddress.destination }
        return switch self {
        case .capture: Lane.capture
        case .relay: Lane.relay
        case .mx: recipient.domain.description
        }
    }
}

/// One host to try, and by which way.
package struct Target: Hashable, Sendable, CustomStringConvertible {
    /// An address, or a name that the system is to find.
    package let host: String
    package let port: Int
    /// The host's name.
    package let serverName: String
    /// The address it leaves from and the name it says EHLO with.
    package let egress: Egress
    package let requirement: TLSRequirement

    package init(host: String, port: Int, serverName: String, egress: Egress, requirement: TLSRequirement) {
        self.host = host
        self.port = port
        self.serverName = serverName
        self.egress = egress
        self.requirement = requirement
    }

    /// `mx1.example.com [192.0.2.1]:25`, or without the address where the host is a name.
    package var description: String {
        host == serverName ? "\(host):\(port)" : "\(serverName) [\(host)]:\(port)"
    }
}
