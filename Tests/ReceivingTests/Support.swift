// SPDX-License-Identifier: Apache-2.0

import Journal
import Logging
import Mail
import Queue
import Reports
import Synchronization

@testable import Receiving

/// A reception with one message in its journal, and everything it writes.
final class House: Sendable {
    static let account = AccountID("111122223333")!
    static let acceptedAt = Timestamp(seconds: 1_700_000_000)
    static let domain = try! Domain(parsing: "bounce.example")
    static let id = MessageID(region: "us-east-1", at: acceptedAt, random: (0x1234_5678, 0x9ABC))

    let journal = Journal()
    let postmaster = Postmaster()
    let keys = ReturnPathKeys([.init(number: 3, secret: SecretBytes([1, 2, 3]), madeAt: Timestamp(seconds: 0))])
    let clock = Clock()
    let reception: Reception

    init(recipients: [String] = ["bob@rome.example", "eve@oslo.example"]) async {
        let clock = clock
        reception = Reception(
            .init(
                addresses: ReceptionAddresses(
                    domain: Self.domain, feedbackAddresses: [try! Mailbox(parsing: "loops@example.com")]),
                keys: keys, history: journal, writer: journal, postmaster: postmaster,
                rules: { ReplyRules([]) }, now: { clock.now },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        await journal.accept(Self.id, recipients: recipients)
    }

    var token: ReturnPathToken { keys.token(for: Self.id, account: Self.account)! }
    var returnPath: Mailbox { token.returnPath(at: Self.domain)!.mailbox! }

    /// What became facts after the acceptance.
    var written: [Fact.Event] { get async { Array(await journal.facts.map(\.event).dropFirst()) } }

    /// The header of a message that came back, with its token.
    static func returned(_ token: ReturnPathToken?) -> ReportFields {
        ReportFields(token.map { [.init(name: ReturnPathToken.fieldName, value: $0.description)] } ?? [])
    }

    func counted(_ kind: ReportKind) -> Int { reception.counts.kinds.first { $0.0 == kind }?.1 ?? -1 }
    func refused(_ refusal: ReportRefusal) -> Int { reception.counts.refusals.first { $0.0 == refusal }?.1 ?? -1 }

    func mail(to recipient: Mailbox, from reversePath: ReversePath = .null, _ content: String = "") -> ReceivedMail {
        ReceivedMail(
            envelope: Envelope(reversePath: reversePath, forwardPaths: [ForwardPath(recipient)]),
            content: Array(content.utf8), peer: "192.0.2.1")
    }
}

/// Facts in memory: a stream, a history and its writer.
actor Journal: MessageHistory, FactWriter, FactStream {
    nonisolated let name = "spool"
    private(set) var facts: [Fact] = []
    private var failures = 0

    func fail(_ times: Int) { failures = times }

    func accept(
        _ id: MessageID, recipients: [String], reversePath: String = "ada@example.com", door: String = "smtp",
        at moment: Timestamp = House.acceptedAt
    ) {
        let accepted = Fact.Accepted(
            door: door, principal: "root", reversePath: reversePath, from: "ada@example.com", recipients: recipients,
            identity: "arn:aws:ses:us-east-1:111122223333:identity/example.com", size: 100, sourceAddress: "")
        facts.append(Fact(at: moment, account: House.account, message: id, event: .accepted(accepted)))
    }

    func facts(about message: MessageID) async throws -> [Fact] { facts.filter { $0.message == message } }

    func record(_ facts: [Fact]) async throws {
        if failures > 0 {
            failures -= 1
            throw SpoolFailure.noSpace
        }
        // Where two sessions could get between each other, they do.
        await Task.yield()
        self.facts += facts
    }

    func facts(after sequence: Int64, limit: Int) async throws -> [RecordedFact] {
        facts.enumerated().map { RecordedFact(sequence: Int64($0.offset) + 1, fact: $0.element) }
            .filter { $0.sequence > sequence }.prefix(limit).map(\.self)
    }
}

actor Postmaster: PostmasterBox {
    private(set) var mails: [ReceivedMail] = []

    func keep(_ mail: ReceivedMail, at moment: Timestamp) async throws { mails.append(mail) }
}

/// A clock that is set.
final class Clock: Sendable {
    private let moment = Mutex(House.acceptedAt + 3600)

    var now: Timestamp { moment.withLock { $0 } }
    func set(_ moment: Timestamp) { self.moment.withLock { $0 = moment } }
}
