// SPDX-License-Identifier: Apache-2.0

import DNS
import Mail
import Queue
import Reports
import SMTP

extension Attempt {
    /// Addresses that one try goes through, of all hosts together.
    static let maximumTargets = 10

    /// What the parts of a try have in common.
    struct Trip: Sendable {
        let assignment: Assignment
        let demand: DeliveryTerms.TLSDemand
        let started: Timestamp

        var path: ConnectionPool.Path { .init(egress: assignment.egress, site: assignment.site) }
    }

    func send(_ mail: OutgoingMail, toExchangersAt port: Int, _ trip: Trip) async -> [Answers] {
        var answers: [Answers] = []
        // One domain, but for mail accepted under another route.
        for domain in Set(mail.recipients.map(\.domain)).sorted() {
            let part = mail.to(mail.recipients.filter { $0.domain == domain })
            let exchangers = await parts.directory.exchangers(of: domain)
            switch parts.router.order(exchangers, port: port, of: domain) {
            case .unreachable(let reply): answers.append(Answers(part.recipients, all: reply))
            case .hosts(let hosts):
                answers += await send(part, to: reusing(hosts, trip), port, trip, domain) {
                    await parts.posture.posture(for: $0, of: domain, exchangers, demand: trip.demand)
                }
            }
        }
        return answers
    }

    // Among equals a host with which a session is open already comes first: another would be one more.
    private func reusing(_ hosts: [Exchangers.Host], _ trip: Trip) -> [Exchangers.Host] {
        let best = hosts.prefix { $0.preference == hosts.first?.preference }
        guard best.count > 1 else { return hosts }
        let open = pool.hosts(on: trip.path)
        return best.filter { open.contains($0.name) } + best.filter { !open.contains($0.name) }
            + hosts.dropFirst(best.count)
    }

    func send(
        _ mail: OutgoingMail, byRelay host: String, _ port: Int, _ tls: Route.RelayTLS, _ trip: Trip
    ) async -> [Answers] {
        let exchangers = await parts.directory.relay(host)
        switch parts.router.order(relay: exchangers, host, port: port) {
        case .unreachable(let reply): return [Answers(mail.recipients, all: reply)]
        case .hosts(let hosts):
            return await send(mail, to: hosts, port, trip, nil) {
                await parts.posture.posture(forRelay: $0, tls, demand: trip.demand)
            }
        }
    }

    private typealias Posture = (Exchangers.Host) async -> HostPosture

    // As many recipients at a time as the site takes in one mail.
    private func send(
        _ mail: OutgoingMail, to hosts: [Exchangers.Host], _ port: Int, _ trip: Trip, _ domain: Domain?,
        _ posture: Posture
    ) async -> [Answers] {
        let limit = max(trip.assignment.recipientsPerMessage ?? mail.recipients.count, 1)
        guard mail.recipients.count > limit else {
            return [await sendOne(mail, to: hosts, port, trip, domain, posture)]
        }
        var answers: [Answers] = []
        for start in stride(from: 0, to: mail.recipients.count, by: limit) {
            let part = mail.to(Array(mail.recipients[start..<min(start + limit, mail.recipients.count)]))
            if let last = answers.last, last.way.result != .open, let reply = last.replies.first {
                answers.append(Answers(part.recipients, all: reply, last.way))
            } else {
                answers.append(await sendOne(part, to: hosts, port, trip, domain, posture))
            }
        }
        return answers
    }

    // The next host is asked only while nobody has taken any part of the mail.
    private func sendOne(
        _ mail: OutgoingMail, to hosts: [Exchangers.Host], _ port: Int, _ trip: Trip, _ domain: Domain?,
        _ posture: Posture
    ) async -> Answers {
        var search = Search(trip, mail.recipients)
        for host in hosts {
            let requirement: TLSRequirement
            switch await posture(host) {
            case .session(let found): requirement = found
            case .forbidden(let failure, let policy):
                search.note(.init(failure, with: host.name), host.name, host.name, policy, at: parts.now())
                continue
            }
            for address in host.addresses where trip.assignment.egress.reaches(address.address) {
                guard search.tries < Self.maximumTargets, !Task.isCancelled else { return search.failed }
                let target = Target(
                    host: address.address, port: port, serverName: host.name, egress: trip.assignment.egress,
                    requirement: requirement)
                do {
                    return try await send(mail, to: target, trip, domain, &search)
                } catch {
                    search.note(error, target, at: parts.now())
                    if case .insecure(let failure) = error.kind {
                        parts.posture.ended(requirement, host: host.name, of: domain, .failure(failure))
                    }
                    if search.isHopeless { return search.failed }
                    // What is wrong with the host's TLS is wrong at its other addresses.
                    if case .insecure = error.kind { break }
                }
            }
        }
        return search.failed
    }

    private func send(
        _ mail: OutgoingMail, to target: Target, _ trip: Trip, _ domain: Domain?, _ search: inout Search
    ) async throws(ConnectionFailure) -> Answers {
        var lease = try await take(target, trip, domain, &search)
        let sent: SentMail
        do {
            sent = try await deliver(mail, over: lease, &search)
        } catch  where lease.isReused && !Task.isCancelled {
            // A kept session may have been closed by the peer meanwhile; nothing was sent over it yet.
            lease.connection.close()
            lease = try await take(target, trip, domain, &search, fresh: true)
            sent = try await deliver(mail, over: lease, &search)
        }
        search.note(sent.transcript, at: search.sending)
        pool.give(lease, for: target, on: trip.path, maximumMails: trip.assignment.mailsPerConnection)
        // No recipient is forgotten, whatever a transport does.
        let missing = Reply(451, .init(4, 3, 0), "No reply was recorded")
        let replies = mail.recipients.indices.map { $0 < sent.replies.count ? sent.replies[$0] : missing }
        return Answers(mail.recipients, replies, search.way(lease.connection, target))
    }

    private func deliver(
        _ mail: OutgoingMail, over lease: ConnectionPool.Lease, _ search: inout Search
    ) async throws(ConnectionFailure) -> SentMail {
        search.sending = parts.now()
        if mail.requiresTLS, !lease.connection.offersRequireTLS {
            lease.connection.close()
            throw ConnectionFailure(
                reply: Reply(550, .init(5, 7, 30), "REQUIRETLS needed: \(lease.connection.peer) does not offer it"),
                kind: .insecure(TLSFailure(.validationFailure, "REQUIRETLS is not offered")))
        }
        do { return try await lease.connection.send(mail) } catch { throw ConnectionFailure(any: error) }
    }

    private func take(
        _ target: Target, _ trip: Trip, _ domain: Domain?, _ search: inout Search, fresh: Bool = false
    ) async throws(ConnectionFailure) -> ConnectionPool.Lease {
        let began = parts.now()
        let lease: ConnectionPool.Lease
        do {
            lease = try await pool.take(
                target, on: trip.path, fresh: fresh, patience: trip.assignment.isFirstContact ? .brief : .full)
        } catch { throw ConnectionFailure(any: error) }
        if !lease.isReused {
            let connection = lease.connection
            search.note(connection.opening, at: began)
            parts.posture.ended(target.requirement, host: target.serverName, of: domain, .success(connection.security))
        }
        return lease
    }
}

extension Egress {
    /// Whether the address and ours are of one family; what is no address the system looks up.
    fileprivate func reaches(_ host: String) -> Bool {
        guard let address, host.contains(":") || host.utf8.allSatisfy({ $0 == 46 || (48...57).contains($0) }) else {
            return true
        }
        return address.contains(":") == host.contains(":")
    }
}

extension ConnectionFailure {
    init(any error: any Error) {
        self = error as? ConnectionFailure ?? ConnectionFailure("Connection failed: \(error)")
    }
}
