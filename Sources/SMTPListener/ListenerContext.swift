// SPDX-License-Identifier: Apache-2.0

import Access
import Logging
import Mail
import NIOSSL
import Queue
import Receiving
import SMTP

/// Whom the sessions of a listener speak for.
enum ListenerHouse: Sendable {
    /// Callers who sign in, or are trusted, and send.
    case submission(any SMTPService)
    /// Servers that bring reports.
    case inbound(any InboundService)
}

/// What all sessions of one listener share.
struct ListenerContext: Sendable {
    let configuration: ListenerConfiguration
    let hostname: String
    let limits: ListenerLimits
    let sslContext: NIOSSLContext
    let house: ListenerHouse
    let logger: Logger

    var isImplicitTLS: Bool { configuration.isImplicitTLS }
    var trustedPrincipal: Principal? { configuration.trust?.principal }
    var vpcEndpoint: String? { configuration.vpcEndpoint }
    var door: Door { configuration.trust == nil ? .smtp : .trusted }

    /// Nil on an inbound listener.
    var submission: (any SMTPService)? {
        if case .submission(let service) = house { service } else { nil }
    }

    func makeDraft() -> any Draft {
        switch house {
        case .submission(let service): service.makeDraft()
        case .inbound(let service): service.makeDraft()
        }
    }

    func settings(for sourceAddress: String) -> ServerSettings {
        var settings = ServerSettings(hostname: hostname)
        switch house {
        case .submission:
            settings.requiresAuthentication = configuration.trust == nil
            // Beyond this machine's loopback nothing is said in clear.
            settings.requiresTLS = configuration.trust.map { _ in Network(sourceAddress)?.isLoopback != true } ?? true
        case .inbound(let service):
            settings.requiresAuthentication = false
            // Reports come from every server there is; their token proves them, not the connection.
            settings.requiresTLS = false
            settings.allowsNullReversePath = true
            settings.asksAboutRecipients = true
            settings.postmasterDomain = service.domain
            settings.maximumMessageSize = Reception.maximumSize
            settings.maximumRecipients = Reception.maximumRecipients
            settings.maximumErrors = 10
        }
        return settings
    }
}
