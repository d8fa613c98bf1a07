// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Which messages are meant: those that meet all that is given, within a time.
package struct MessageQuery: Hashable, Sendable {
    /// Seconds that are looked at where nobody says a time.
    package static let usualRange = 86_400.0
    /// Seconds between the ends of one question.
    package static let longestRange = 31 * 86_400.0
    /// Messages of one page.
    package static let largestPage = 1_000
    /// What can be said of a message's recipients: each is a kind of fact.
    package static let outcomes: [Fact.Event.Kind] = [.delivered, .deferred, .bounced, .complained, .renderingFailed]

    /// A tag that a message went out with.
    package struct Tag: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Nil for everybody's.
    package var account: AccountID?
    package var id: MessageID?
    package var recipient: Correspondent?
    /// Whoever it is from: by its header, or by its envelope.
    package var sender: Correspondent?
    package var tags: [Tag] = []
    /// Each is true of some recipient.
    package var outcomes: Set<Fact.Event.Kind> = []
    /// When it was accepted; both included.
    package var from: Timestamp
    package var to: Timestamp
    /// Only what was accepted before this message: where the last page ended.
    package var before: MessageID?
    package var limit: Int

    package init(account: AccountID?, from: Timestamp, to: Timestamp, limit: Int = 100) {
        self.account = account
        self.from = from
        self.to = to
        self.limit = limit
    }

    /// Whether what is said about account, people and tags is true of the message that this fact begins. Its time and
    /// what became of it are the index's to know.
    package func isMet(by first: Fact) -> Bool {
        guard account.map({ $0 == first.account }) ?? true, id.map({ $0 == first.message }) ?? true else {
            return false
        }
        switch first.event {
        case .accepted(let event):
            return recipient.map { $0.isOne(of: event.recipients) } ?? true
                && sender.map { $0.isOne(of: [event.from, event.envelopeSender]) } ?? true
                && tags.allSatisfy { event.tags[$0.name] == $0.value }
        case .renderingFailed(let event):
            return sender == nil && tags.isEmpty && recipient.map { $0.isOne(of: event.recipients) } ?? true
        default: return false
        }
    }
}

/// Whom a question is about: one mailbox, or everybody at a domain (not below it).
package enum Correspondent: Hashable, Sendable {
    case mailbox(Mailbox)
    case domain(Domain)

    /// `user@example.com`, or `@example.com`. Domains may be written in any case, and in Unicode.
    package init(parsing text: String) throws(SyntaxError) {
        if text.utf8.first == UInt8(ascii: "@") {
            self = .domain(try Domain(parsing: text.dropFirst()))
        } else {
            self = .mailbox(try Mailbox(parsing: text))
        }
    }

    func isOne(of addresses: [String]) -> Bool {
        addresses.contains { address in
            guard let mailbox = try? Mailbox(parsing: address) else { return false }
            switch self {
            case .mailbox(let own): return own == mailbox
            case .domain(let domain): return domain == mailbox.domain
            }
        }
    }
}

extension Fact.Accepted {
    /// The reverse path's address, however it is written; empty for the null path.
    package var envelopeSender: String {
        let isBracketed = reversePath.utf8.first == UInt8(ascii: "<") && reversePath.utf8.last == UInt8(ascii: ">")
        return isBracketed ? String(reversePath.dropFirst().dropLast()) : reversePath
    }
}

/// A message that was found, with the fact that begins its story and what has become of its recipients so far.
package struct FoundMessage: Hashable, Sendable {
    package let id: MessageID
    package let first: Fact
    package let outcomes: Set<Fact.Event.Kind>

    package init(id: MessageID, first: Fact, outcomes: Set<Fact.Event.Kind>) {
        self.id = id
        self.first = first
        self.outcomes = outcomes
    }
}

/// Some of the messages that were asked for, the newest first.
package struct MessagePage: Hashable, Sendable {
    package let messages: [FoundMessage]
    /// Where to go on; nil at the end. A page with less than was asked for, even none, may have one: it looked at as
    /// many messages as one page may.
    package let next: MessageID?

    package init(messages: [FoundMessage], next: MessageID?) {
        self.messages = messages
        self.next = next
    }
}

/// Every message that was ever accepted, found by who it is from and to, its tags, its time and what became of it.
///
/// A reader of facts: it may lag a second behind them.
package protocol MessageIndex: Sendable {
    /// - Throws: `MessageSearchFailure` for a question too wide to answer.
    func find(_ query: MessageQuery) async throws -> MessagePage
    /// Everything that was written down about a message, in order: the oldest 1,000 facts. None where it is
    /// not known.
    func story(of id: MessageID) async throws -> [Fact]
    /// Facts that it does not know of yet.
    func behind() async throws -> Int64
}

/// Why a question is not answered, in a sentence.
package struct MessageSearchFailure: Error, Hashable, Sendable {
    package let message: String

    package init(_ message: String) { self.message = message }
}
