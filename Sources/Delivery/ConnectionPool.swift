// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Synchronization

/// Sessions kept open between mails: a new one costs three round trips and perhaps a handshake.
///
/// They are kept by path, because providers count connections so: a new session to another host of a site takes the
/// place of an idle one from the same address.
final class ConnectionPool: Sendable {
    /// Seconds a session is kept idle, mails it carries at most, and idle sessions in all.
    static let idleLifetime = 5.0
    static let maximumMails = 100
    static let maximumIdle = 500

    /// What limits are counted by.
    struct Path: Hashable, Sendable {
        let egress: Egress
        let site: String
    }

    private struct Idle {
        let target: Target
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

    private struct State {
        var idle: [Path: [Idle]] = [:]
        var count = 0
        var drained: Set<String> = []

        func isDrained(_ egress: Egress) -> Bool { egress.address.map(drained.contains) ?? false }
    }

    private let transport: any Transport
    private let now: Now
    private let state = Mutex(State())

    init(transport: any Transport, now: @escaping Now) {
        self.transport = transport
        self.now = now
    }

    /// The hosts to which sessions of the path are idle.
    func hosts(on path: Path) -> Set<String> {
        state.withLock { state in Set(state.idle[path, default: []].map(\.target.serverName)) }
    }

    /// The session used last, or a new one.
    func take(
        _ target: Target, on path: Path, fresh: Bool, patience: Patience
    ) async throws -> Lease {
        while !fresh, let kept = state.withLock({ Self.pop(&$0, path) { $0.target == target } }) {
            if isAlive(kept, at: now()) { return Lease(connection: kept.connection, mails: kept.mails) }
            kept.connection.close()
        }
        state.withLock { Self.pop(&$0, path) { $0.target != target } }?.connection.close()
        return Lease(connection: try await transport.open(target, patience: patience), mails: 0)
    }

    /// Gives a session back after a mail.
    /// - Parameter maximumMails: mails that it may carry in all.
    func give(_ lease: Lease, for target: Target, on path: Path, maximumMails: Int?) {
        let mails = lease.mails + 1
        let isKept =
            lease.connection.isUsable && mails < min(maximumMails ?? Self.maximumMails, Self.maximumMails)
            && state.withLock { state in
                guard state.count < Self.maximumIdle, !state.isDrained(path.egress) else { return false }
                let session = Idle(target: target, connection: lease.connection, since: now(), mails: mails)
                state.idle[path, default: []].append(session)
                state.count += 1
                return true
            }
        if !isKept { lease.connection.close() }
    }

    /// Closes what has been idle too long; with `all`, everything.
    func sweep(all: Bool = false) {
        let moment = now()
        close { all || !self.isAlive($0, at: moment) }
    }

    /// Addresses that mail leaves from no more: their sessions are closed, the leased ones after their mail.
    func setDrained(_ addresses: Set<String>) {
        state.withLock { $0.drained = addresses }
        close { $0.target.egress.address.map(addresses.contains) ?? false }
    }

    private func close(where isOver: (Idle) -> Bool) {
        let closed = state.withLock { state in
            var closed: [Idle] = []
            for (path, list) in state.idle {
                let (kept, over) = (list.filter { !isOver($0) }, list.filter(isOver))
                guard !over.isEmpty else { continue }
                closed += over
                state.idle[path] = kept.isEmpty ? nil : kept
            }
            state.count -= closed.count
            return closed
        }
        for session in closed { session.connection.close() }
    }

    private static func pop(_ state: inout State, _ path: Path, _ fits: (Idle) -> Bool) -> Idle? {
        guard let index = state.idle[path]?.lastIndex(where: fits) else { return nil }
        let session = state.idle[path]?.remove(at: index)
        if state.idle[path]?.isEmpty == true { state.idle[path] = nil }
        state.count -= 1
        return session
    }

    private func isAlive(_ session: Idle, at moment: Timestamp) -> Bool {
        session.connection.isUsable && moment - session.since < Self.idleLifetime
    }
}
