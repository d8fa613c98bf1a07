// SPDX-License-Identifier: Apache-2.0

import MIME
import Mail
import Queue

/// A submission with its message parsed: addresses are values here, and nothing downstream looks at raw text again.
struct InspectedMessage {
    /// A message that passed this many servers goes in a circle (RFC 5321 §6.3).
    static let maximumReceivedFields = 100
    /// What SES's SMTP interface and v2 API take.
    static let maximumSize = 40 * 1024 * 1024

    let header: HeaderSection
    let bodyOffset: Int
    let content: DraftContent
    let bodyIs8Bit: Bool?

    /// One address that the message says it is from, with the name beside it.
    struct Author: Hashable {
        let mailbox: Mailbox
        let name: String?
    }

    /// The one mailbox of From.
    let from: Mailbox
    let fromDisplayName: String?
    /// From, then Sender and the Resent- fields: all that a reader may take for who sent it.
    let authors: [Author]
    /// Whether comments stand in those fields.
    let authorsHoldComments: Bool
    let reversePath: Mailbox
    /// In the order named, each once.
    let recipients: [Mailbox]
    let configurationSetHeader: String?
    let authorities: SendingAuthorities
    let tags: [String: String]

    init(_ submission: Submission) throws {
        guard submission.content.length <= Self.maximumSize else {
            throw SendRefusal.messageTooLarge(limit: Self.maximumSize)
        }
        content = submission.content
        bodyIs8Bit = submission.bodyIs8Bit
        do {
            (header, bodyOffset) = try submission.content.withPrefix(HeaderSection.maximumLength + 4) { bytes in
                try HeaderSection.parse(bytes)
            }
        } catch let error as SyntaxError {
            throw SendRefusal.malformedMessage("The message header cannot be parsed: \(error).")
        }
        try Self.checkFields(header)
        var holdsComments = false
        authors = try Self.authors(header, &holdsComments)
        authorsHoldComments = holdsComments
        let author = authors[0]
        from = author.mailbox
        fromDisplayName = author.name
        let returnPath = submission.reversePath == nil ? try Self.mailboxes("Return-Path", header).first : nil
        guard let path = returnPath ?? (submission.reversePath ?? .mailbox(author.mailbox)).mailbox else {
            throw SendRefusal.invalidAddress("<>", SyntaxError(expected: "a sender", offset: 1))
        }
        reversePath = path
        recipients = try Self.recipients(submission, header)
        configurationSetHeader = header.first("X-SES-CONFIGURATION-SET")?.value
        authorities = SendingAuthorities(
            source: submission.authorities.source ?? header.first("X-SES-SOURCE-ARN")?.value,
            from: submission.authorities.from ?? header.first("X-SES-FROM-ARN")?.value,
            returnPath: submission.authorities.returnPath ?? header.first("X-SES-RETURN-PATH-ARN")?.value)
        tags = submission.tags.isEmpty ? Self.headerTags(header) : submission.tags
    }

    /// Every address that this message is sent as, From first; each needs a verified identity, and each is asked about.
    var senders: [Mailbox] {
        var list: [Mailbox] = []
        for mailbox in authors.map(\.mailbox) + [reversePath] where !list.contains(mailbox) { list.append(mailbox) }
        return list
    }

    private static func checkFields(_ header: HeaderSection) throws(SendRefusal) {
        if let name = header.firstDuplicate { throw .duplicateHeader(name) }
        guard header.count(of: "Received") <= maximumReceivedFields else { throw .mailLoop }
    }

    // RFC 5322 §3.6.2, §3.6.6. From may hold several mailboxes there, and groups: nobody could say who was authorised.
    private static func authors(_ header: HeaderSection, _ holdsComments: inout Bool) throws -> [Author] {
        guard let field = header.first("From") else { throw SendRefusal.missingFrom }
        let from = try addressList(field.value)
        guard from.addresses.count == 1, case .mailbox(let name, let mailbox) = from.addresses[0] else {
            throw SendRefusal.severalFromAddresses
        }
        holdsComments = from.holdsComments
        var authors = [Author(mailbox: mailbox, name: name)]
        for field in header.fields {
            let isSender = field.isNamed("Sender") || field.isNamed("Resent-Sender")
            guard isSender || field.isNamed("Resent-From"), !field.value.allSatisfy(\.isWhitespace) else { continue }
            let list = try addressList(field.value)
            holdsComments = holdsComments || list.holdsComments
            for address in list.addresses {
                guard case .mailbox(let name, let mailbox) = address, !isSender || list.addresses.count == 1 else {
                    throw SendRefusal.malformedMessage("Header '\(field.name)' must hold exactly one address.")
                }
                authors.append(Author(mailbox: mailbox, name: name))
            }
        }
        return authors
    }

    private static func recipients(_ submission: Submission, _ header: HeaderSection) throws -> [Mailbox] {
        var list = submission.recipients
        if list.isEmpty {
            for name in ["To", "Cc", "Bcc"] { list += try mailboxes(name, header) }
        }
        var seen: Set<Mailbox> = []
        list = list.filter { seen.insert($0).inserted }
        guard !list.isEmpty else { throw SendRefusal.noRecipients }
        guard list.count <= Envelope.maximumRecipients else {
            throw SendRefusal.tooManyRecipients(limit: Envelope.maximumRecipients)
        }
        return list
    }

    private static func mailboxes(_ name: String, _ header: HeaderSection) throws -> [Mailbox] {
        guard let field = header.first(name), !field.value.allSatisfy(\.isWhitespace) else { return [] }
        return try addressList(field.value).mailboxes
    }

    private static func addressList(_ text: String) throws -> AddressList {
        do {
            return try AddressList(parsing: text)
        } catch {
            throw SendRefusal.invalidAddress(text, error)
        }
    }

    // X-SES-MESSAGE-TAGS: k=v, k2=v2
    private static func headerTags(_ header: HeaderSection) -> [String: String] {
        guard let text = header.first("X-SES-MESSAGE-TAGS")?.value else { return [:] }
        var tags: [String: String] = [:]
        for pair in text.split(separator: ",").prefix(50) {
            let halves = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces }
            if halves.count == 2 { tags[halves[0]] = halves[1] }
        }
        return tags
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
