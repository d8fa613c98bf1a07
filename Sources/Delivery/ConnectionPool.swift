// SPDX-License-Identifier: Apache-2.0

import Mail

/// Sessions kept open between mails: a new one costs three round trips and perhaps a handshake.
actor ConnectionPool {
    /// Seconds a session is kept idle, mails it carries at most, and idle sessions in all.
    static let idleLifetime = 5.0
    static let maximumMails = 100
    static let maximumIdle = 500

    private struct Idle {
        let connection: any Connection
        let since: Timestamp
        let mails: Int
    }

    struct Lease: Sendable {
        let connection: any Connection
        /// Mails the session carried before this one.
        let mails: Int
        var isReused: Bool { mails > 0 }
    }

    private let transport: any Transport
    private let now: Now
    private var idle: [Target: [Idle]] = [:]
    private var count = 0

    init(transport: any Transport, now: @escaping Now) {
        self.transport = transport
        self.now = now
    }

    /// The session used last, or a new one.
    func take(_ target: Target, fresh: Bool = false) async throws -> Lease {
        while !fresh, let kept = idle[target]?.popLast() {
            count -= 1
            if idle[target]?.isEmpty == true { idle[target] = nil }
            if isAlive(kept, at: now()) { return Lease(connection: kept.connection, mails: kept.mails) }
            kept.connection.close()
        }
        return Lease(connection: try await transport.open(target), mails: 0)
    }

    /// Gives a session back after a mail.
    func give(_ lease: Lease, for target: Target) {
        guard lease.connection.isUsable, lease.mails + 1 < Self.maximumMails, count < Self.maximumIdle else {
            return lease.connection.close()
        }
        idle[target, default: []].append(Idle(connection: lease.connection, since: now(), mails: lease.mails + 1))
        count += 1
    }

    /// Closes what has been idle too long; with `all`, everything.
    func sweep(all: Bool = false) {
        let moment = now()
        for (target, list) in idle {
            var kept: [Idle] = []
            for session in list {
                if !all, isAlive(session, at: moment) { kept.append(session) } else { session.connection.close() }
            }
            count -= list.count - kept.count
            idle[target] = kept.isEmpty ? nil : kept
        }
    }

    private func isAlive(_ session: Idle, at moment: Timestamp) -> Bool {
        session.connection.isUsable && moment - session.since < Self.idleLifetime
    }
}
