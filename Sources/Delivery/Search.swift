// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import SMTP

/// The search for a host that takes a mail: what was seen on the way, and what it comes to where none does.
struct Search {
    private let trip: Attempt.Trip
    private let recipients: [Mailbox]
    private var lines: [String] = []
    /// The failure that is told, and of which host: the last.
    private var last: (failure: ConnectionFailure, peer: String, host: String, policy: TLSRequirement.Policy)?
    /// Whether all failures so far were of protection that the sender demands.
    private var onlyInsecure = true
    private(set) var tries = 0
    private(set) var isHopeless = false
    /// When the mail under way began to be sent.
    var sending: Timestamp

    init(_ trip: Attempt.Trip, _ recipients: [Mailbox]) {
        self.trip = trip
        self.recipients = recipients
        sending = trip.started
    }

    // MARK: What is seen

    mutating func note(_ transcript: Transcript, at moment: Timestamp) {
        guard !transcript.isEmpty else { return }
        add(transcript.lines(offset: milliseconds(moment)))
    }

    mutating func note(_ failure: ConnectionFailure, _ target: Target, at moment: Timestamp) {
        tries += 1
        note(failure.transcript, at: moment)
        note(failure, "\(target)", target.serverName, target.requirement.policy, at: moment)
    }

    mutating func note(
        _ failure: ConnectionFailure, _ peer: String, _ host: String, _ policy: TLSRequirement.Policy,
        at moment: Timestamp
    ) {
        add([Transcript.cut("\(milliseconds(moment)) \(peer): \(failure.reply)")])
        last = (failure, peer, host, policy)
        switch failure.kind {
        case .insecure: break
        case .ours: (isHopeless, onlyInsecure) = (true, false)
        case .unreachable, .refused: onlyInsecure = false
        }
    }

    private mutating func add(_ new: [String]) {
        lines += new.prefix(max(Transcript.maximumLines - lines.count, 0))
    }

    private func milliseconds(_ moment: Timestamp) -> Int { max(Int((moment - trip.started) * 1000), 0) }

    // MARK: What it comes to

    /// The way that was found.
    func way(_ connection: any Connection, _ target: Target) -> Answers.Way {
        let security = connection.security
        var way = Answers.Way()
        way.peer = connection.peer
        way.host = target.serverName
        way.address =
            trip.assignment.egress.address ?? (connection.localAddress.isEmpty ? nil : connection.localAddress)
        way.tls = security.version
        way.cipher = security.cipher
        way.certificate = security.certificate?.words ?? security.givenUp.map { "given up: \($0.words)" }
        way.tlsPolicy = target.requirement.policy.rawValue
        way.transcript = lines
        way.result = .open
        return way
    }

    /// No host took any part of the mail.
    var failed: Answers {
        guard let (failure, peer, host, policy) = last else {
            guard !Task.isCancelled else {
                return Answers(recipients, all: Reply(451, .init(4, 3, 2), "This server is shutting down"))
            }
            let text = "No host can be reached from \(trip.assignment.egress.address ?? "here")"
            return Answers(recipients, all: Reply(451, .init(4, 4, 1), text))
        }
        var way = Answers.Way()
        way.peer = peer
        way.host = host
        way.transcript = lines
        way.said = failure.said
        if case .insecure(let reason) = failure.kind {
            way.certificate = reason.words
            way.tlsPolicy = policy.rawValue
        }
        way.result = isHopeless || onlyInsecure ? .untried : .unreachable
        return Answers(recipients, all: reply(failure), way)
    }

    // Mail that must stay under TLS comes back where no host of its domain can keep it so (RFC 8689 §4.2.1); a host
    // that could not be asked may still.
    private func reply(_ failure: ConnectionFailure) -> Reply {
        guard trip.demand == .requireTLS, onlyInsecure else {
            return failure.reply.isPermanent ? Reply(451, .init(4, 7, 30), "\(failure.reply)") : failure.reply
        }
        // 5.7.30 where a host is proven to take no such mail, 5.7.10 where no session is good enough.
        return failure.reply.isPermanent
            ? failure.reply : Reply(550, .init(5, 7, 10), "Encryption needed: \(failure.reply)")
    }
}
