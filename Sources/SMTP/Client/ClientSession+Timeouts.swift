// SPDX-License-Identifier: Apache-2.0

extension ClientSession {
    /// How long a client waits before it takes a connection for dead (RFC 5321 §4.5.3.2).
    package struct Timeouts: Hashable, Sendable {
        package var greeting = Duration.seconds(300)
        /// EHLO, STARTTLS and its handshake, MAIL, RCPT, RSET.
        package var command = Duration.seconds(300)
        /// The reply to DATA.
        package var dataInitiation = Duration.seconds(120)
        /// One piece of the content, until the connection has taken it.
        package var dataBlock = Duration.seconds(180)
        /// The reply to the end of the content. Long, because a mail given up here may have been delivered.
        package var dataTermination = Duration.seconds(600)
        /// QUIT; not of the RFC, and nothing depends on its reply.
        package var quit = Duration.seconds(5)

        /// From the connection to a session that can take a mail, however often the peer says something meanwhile.
        package var opening = Duration.seconds(600)
        /// One mail, from MAIL to its verdict, likewise.
        package var mail = Duration.seconds(3_600)

        package init() {}

        /// Shorter than the RFC asks for, for a first contact: a host that takes connections and says nothing holds them for half a minute, not for five.
        package static var firstContact: Timeouts {
            var timeouts = Timeouts()
            timeouts.greeting = .seconds(30)
            timeouts.opening = .seconds(60)
            return timeouts
        }
    }

    /// How long to wait for what comes next, from the last octet of either side; nil while nothing is owed.
    package var timeout: Duration? {
        switch state {
        case .opening(.greeting): timeouts.greeting
        case .opening, .resetting, .envelope: timeouts.command
        case .dataReply: timeouts.dataInitiation
        case .sending: timeouts.dataBlock
        case .content: timeouts.dataTermination
        case .quitting: timeouts.quit
        case .ready, .over: nil
        }
    }

    /// How long what is under way may take in all, from the connection, or from MAIL; nil while nothing is.
    package var limit: Duration? {
        switch state {
        case .opening: timeouts.opening
        case .resetting, .envelope, .dataReply, .sending, .content: timeouts.mail
        case .quitting, .ready, .over: nil
        }
    }
}
