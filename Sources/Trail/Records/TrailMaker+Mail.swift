// SPDX-License-Identifier: Apache-2.0

import JSON
import Journal
import Mail

/// Records of sends, whichever door they came by: data events.
extension TrailMaker {
    /// What IAM calls a message over SMTP.
    private static let raw = "SendRawEmail"
    private static let ses = "ses.amazonaws.com"
    private static let longestList = 1_000

    func accepted(_ event: Fact.Accepted, _ fact: Fact, _ place: String) -> TrailEntry {
        let isHouse = event.isHouse
        let account = TrailARN(event.principal)?.account
        let actor =
            isHouse ? TrailActor(houseFor: account) : TrailActor(event.call, principal: event.principal, identities)
        var entry = send(actor, event.door, fact, event.sourceAddress)
        entry.id = fact.message.map { TrailID.made(of: $0.description) } ?? place
        entry.parameters = parameters(of: event, as: entry.name)
        entry.additional = [
            ("sesMessageId", TrailEntry.text(fact.message?.description)), ("door", TrailEntry.text(event.door)),
        ]
        entry.objects =
            [event.identity]
            + [event.configurationSet.map { arn("configuration-set", $0, entry.account) }]
            .compactMap(\.self)
        return entry
    }

    func renderingFailed(_ event: Fact.RenderingFailed, _ fact: Fact, _ place: String) -> TrailEntry {
        var entry = send(TrailActor(event.call, of: fact.account, identities), "api", fact, event.sourceAddress ?? "")
        entry.id = place
        let recipients = JSONValue.array(event.recipients.prefix(Self.longestList).map { .string(sight.show($0)) })
        entry.parameters = .object([
            .init(name: "destination", value: .object([.init(name: "toAddresses", value: recipients)])),
            .init(
                name: "content",
                value: .object([
                    .init(
                        name: "template",
                        value: .object([.init(name: "templateName", value: .string(event.template))]))
                ])),
        ])
        entry.additional = [
            ("sesMessageId", TrailEntry.text(fact.message?.description)),
            ("reason", TrailEntry.text(shown(event.reason))),
        ]
        entry.objects = [arn("template", event.template, entry.account)]
        return entry
    }

    func refused(_ event: Fact.Refused, _ fact: Fact, _ place: String) -> TrailEntry {
        let isHouse = event.call == nil && !Fact.doors.contains(event.door)
        let account = TrailARN(event.principal)?.account
        let actor =
            isHouse ? TrailActor(houseFor: account) : TrailActor(event.call, principal: event.principal, identities)
        var entry = send(actor, event.door, fact, event.sourceAddress)
        entry.id = place
        if let name = Self.name(of: event) { entry.name = name }
        entry.isReadOnly = TrailVerbs.isReadOnly(entry.name)
        entry.category = TrailVerbs.isSend(entry.name, entry.source) ? .data : .management
        if entry.name == Self.signIn { entry.kind = .service }
        entry.errorCode = Self.errorCode(of: event.control)
        entry.errorMessage = shown(event.reason)
        entry.parameters = parameters(of: event.call)
        entry.additional = [("door", TrailEntry.text(event.door)), ("control", TrailEntry.text(event.control))]
        return entry
    }

    private func send(_ actor: TrailActor, _ door: String, _ fact: Fact, _ address: String) -> TrailEntry {
        let isSMTP = door == "smtp" || door == "trusted"
        let name = actor.isHouse || isSMTP ? Self.raw : actor.call?.name ?? "SendEmail"
        return TrailEntry(
            at: fact.at, id: "", account: actor.account ?? fact.account, actor: actor,
            source: isSMTP ? Self.ses : actor.call?.source ?? Self.ses, name: name,
            kind: actor.isHouse ? .service : .api, category: .data, sourceAddress: address)
    }

    // Both versions of the API have operations of one name; the facts do not keep which it was.
    private func parameters(of event: Fact.Accepted, as name: String) -> JSONValue {
        let recipients = JSONValue.array(event.recipients.prefix(Self.longestList).map { .string(sight.show($0)) })
        let tags = event.tags.sorted { $0.key < $1.key }.map { name, value in
            JSONValue.object([.init(name: "name", value: .string(name)), .init(name: "value", value: .string(value))])
        }
        let destination: (String, JSONValue?) =
            name == Self.raw
            ? ("destinations", recipients)
            : ("destination", .object([.init(name: "toAddresses", value: recipients)]))
        return TrailEntry.object([
            (name == Self.raw ? "source" : "fromEmailAddress", .string(event.from)), destination,
            ("configurationSetName", TrailEntry.text(event.configurationSet)),
            (name == Self.raw ? "tags" : "emailTags", tags.isEmpty ? nil : .array(tags)),
        ]) ?? .null
    }

    private func arn(_ kind: String, _ name: String, _ account: AccountID) -> String {
        name.hasPrefix("arn:") ? name : "arn:aws:ses:\(region):\(account):\(kind)/\(name)"
    }

    static let signIn = "SmtpAuthenticate"

    // A reason that is not about a send begins with what it is about: `AUTH: …`, `CreateEmailIdentity: …`.
    private static func name(of event: Fact.Refused) -> String? {
        guard let colon = event.reason.utf8.prefix(65).firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let word = String(decoding: event.reason.utf8[..<colon], as: UTF8.self)
        if word == "AUTH" { return signIn }
        guard event.call == nil, word.utf8.allSatisfy({ (65...90).contains($0) || (97...122).contains($0) }),
            word.utf8.first.map({ (65...90).contains($0) }) == true,
            word.utf8.contains(where: { (97...122).contains($0) }), !["smtp", "trusted"].contains(event.door)
        else { return nil }
        return word
    }

    /// What a caller hears of the gate's controls; everything that is not here is somebody's rule.
    private static func errorCode(of control: String) -> String {
        switch control {
        case "identity-verification", "mail-loop": "MessageRejected"
        case "message-syntax", "recipients", "message-size", "sending-authorization": "InvalidParameterValue"
        case "configuration-set": "ConfigurationSetDoesNotExist"
        case "sending-pause": "SendingPausedException"
        case "mail-from": "MailFromDomainNotVerifiedException"
        case "quota": "Throttling"
        default: "AccessDenied"
        }
    }
}
