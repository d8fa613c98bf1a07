// SPDX-License-Identifier: Apache-2.0

import JSON
import Journal
import Mail

/// Records of everything that is not a send.
extension TrailMaker {
    func administered(_ event: Fact.Administered, _ fact: Fact, _ place: String) -> TrailEntry {
        let actor = TrailActor(event.call, principal: event.principal, identities)
        let arns = TrailARN.all(in: event.resource)
        let (source, name) = Self.operation(event, arns)
        var entry = TrailEntry(
            at: fact.at, id: event.call.map { TrailID.of($0) } ?? place, account: actor.account ?? fact.account,
            actor: actor, source: source, name: name, kind: actor.isHouse ? .service : .api,
            isReadOnly: TrailVerbs.isReadOnly(name), sourceAddress: event.sourceAddress)
        entry.parameters = parameters(of: event.call)
        entry.additional = [("reason", TrailEntry.text(shown(event.reason)))]
        entry.resources = arns.compactMap { arn in arn.type.map { .init(type: $0, name: arn.text) } }
        // The parameters say it for whoever has some.
        if event.call == nil {
            entry.details = TrailEntry.object([("resource", TrailEntry.text(shown(event.resource)))])
        }
        return entry
    }

    func called(_ event: Fact.Called, _ fact: Fact) -> TrailEntry {
        let (call, actor) = (event.call, TrailActor(event.call, principal: event.principal, identities))
        var entry = TrailEntry(
            at: fact.at, id: TrailID.of(call, errorCode: event.errorCode), account: actor.account ?? fact.account,
            actor: actor, source: call.source, name: call.name,
            category: TrailVerbs.isSend(call.name, call.source) ? .data : .management,
            isReadOnly: TrailVerbs.isReadOnly(call.name), sourceAddress: event.sourceAddress)
        entry.errorCode = event.errorCode
        entry.errorMessage = shown(event.errorMessage)
        entry.parameters = parameters(of: call)
        entry.additional = [
            ("control", TrailEntry.text(event.control)), ("because", TrailEntry.text(shown(event.because))),
        ]
        return entry
    }

    func signedIn(_ event: Fact.SignedIn, _ fact: Fact, _ place: String) -> TrailEntry {
        let call = event.call
        var entry = TrailEntry(
            at: fact.at, id: place, account: fact.account, actor: TrailActor(call, of: fact.account, identities),
            source: call.source, name: call.name, sourceAddress: event.sourceAddress)
        entry.errorCode = event.failure
        entry.parameters = parameters(of: call)
        entry.additional = [
            ("door", TrailEntry.text(event.door)), ("count", event.count > 1 ? .number(String(event.count)) : nil),
        ]
        switch event.door {
        case "smtp": (entry.source, entry.kind) = ("ses.amazonaws.com", .service)
        case "console": Self.complete(&entry, event.failure)
        default: entry.isReadOnly = TrailVerbs.isReadOnly(call.name)
        }
        return entry
    }

    /// That something happened of which nobody can tell any more what it was.
    func unreadable(
        _ event: Fact.Unreadable, _ fact: Fact, _ place: String, stream: String, sequence: Int64
    ) -> TrailEntry {
        var entry = TrailEntry(
            at: fact.at, id: place, account: fact.account, actor: TrailActor(houseFor: fact.account),
            source: "postern.amazonaws.com", name: "UnreadableFact", kind: .service, sourceAddress: "")
        entry.details = TrailEntry.object([
            ("stream", .string(stream)), ("sequence", .number("\(sequence)")), ("reason", .string(event.reason)),
        ])
        return entry
    }

    // CloudTrail user guide, "AWS Management Console sign-in events": a failure is an answer and no error code.
    private static func complete(_ entry: inout TrailEntry, _ failure: String?) {
        (entry.source, entry.name, entry.kind) = ("signin.amazonaws.com", "ConsoleLogin", .console)
        entry.errorCode = nil
        entry.errorMessage = failure == nil ? nil : "Failed authentication"
        entry.elements = .object([
            .init(name: "ConsoleLogin", value: .string(failure == nil ? "Success" : "Failure"))
        ])
        entry.additional.append(("reason", TrailEntry.text(failure)))
    }

    // An operation of another service than SES has its prefix, or is known by what it was about.
    private static func operation(_ event: Fact.Administered, _ arns: [TrailARN]) -> (source: String, name: String) {
        if let call = event.call { return (call.source, call.name) }
        let words = event.operation.split(separator: ":", maxSplits: 1).map(String.init)
        if words.count == 2 { return (source(of: words[0]), words[1]) }
        return (source(of: arns.first?.service ?? "ses"), event.operation)
    }

    // CloudWatch is the one service of which actions and ARNs have another name than its endpoint.
    private static func source(of service: String) -> String {
        "\(service == "cloudwatch" ? "monitoring" : service).amazonaws.com"
    }
}
