// SPDX-License-Identifier: Apache-2.0

import JSON
import Journal
import Mail

/// What a record says, before it is text (CloudTrail user guide, "CloudTrail record contents").
///
/// Texts that came with a request are at most `TrailEntry.longest` octets, as CloudTrail's own error messages are.
struct TrailEntry {
    static let longest = 1_024

    enum Kind: String {
        case api = "AwsApiCall"
        case service = "AwsServiceEvent"
        case console = "AwsConsoleSignIn"
    }

    let at: Timestamp
    var id: String
    var account: AccountID
    var actor: TrailActor
    var source: String
    var name: String
    var kind = Kind.api
    var category = TrailRecord.Category.management
    var isReadOnly = false
    var sourceAddress: String
    var errorCode: String?
    var errorMessage: String?
    var parameters = JSONValue.null
    var elements = JSONValue.null
    /// `additionalEventData`; what is nil is left out.
    var additional: [(name: String, value: JSONValue?)] = []
    /// Of a data event: the ARNs that it was about.
    var objects: [String] = []
    /// Of a management event: what `LookupEvents` finds it by.
    var resources: [TrailRecord.Resource] = []
    /// `serviceEventDetails`
    var details: JSONValue?

    func record(region: String) -> TrailRecord {
        TrailRecord(
            id: id, at: at, account: account, category: category, source: source, name: name, isReadOnly: isReadOnly,
            userName: actor.userName, accessKeyID: actor.call?.accessKeyID,
            resources: category == .management ? resources : [], json: text(region))
    }

    // Member by member, in CloudTrail's order: every message pays for it.
    private func text(_ region: String) -> String {
        var text = RecordText()
        text.add("eventVersion", "1.11")
        text.add("userIdentity", written: actor.identity)
        text.add("eventTime", TrailMoment.extended(at))
        text.add("eventSource", source)
        text.add("eventName", name)
        text.add("awsRegion", region)
        text.add("sourceIPAddress", actor.isHouse && sourceAddress.isEmpty ? TrailActor.house : sourceAddress)
        text.add("userAgent", actor.agent.map { .string($0) } ?? .null)
        text.addShort("errorCode", errorCode)
        text.addShort("errorMessage", errorMessage)
        text.add("requestParameters", parameters)
        text.add("responseElements", elements)
        text.add("additionalEventData", Self.object(additional))
        text.addShort("requestID", actor.call?.request)
        text.add("eventID", id)
        text.add("readOnly", .boolean(isReadOnly))
        text.add("resources", TrailObject.list(objects))
        text.add("eventType", kind.rawValue)
        text.add("managementEvent", .boolean(category == .management))
        text.add("recipientAccountId", account.description)
        text.addShort("vpcEndpointId", actor.call?.vpcEndpoint)
        text.add("serviceEventDetails", details)
        text.add("eventCategory", category.rawValue)
        text.add("tlsDetails", tls)
        return text.end()
    }

    private var tls: JSONValue? {
        guard let call = actor.call, let version = call.tls else { return nil }
        return Self.object([
            ("tlsVersion", .string(version)), ("cipherSuite", Self.text(call.cipher)),
            ("clientProvidedHostHeader", Self.text(call.host)),
        ])
    }

    /// Nil for nothing in it.
    static func object(_ members: [(name: String, value: JSONValue?)]) -> JSONValue? {
        let present = members.compactMap { name, value in value.map { JSONValue.Member(name: name, value: $0) } }
        return present.isEmpty ? nil : .object(present)
    }

    /// Nil for none and for an empty one.
    static func text(_ text: String?) -> JSONValue? {
        guard let text, !text.isEmpty else { return nil }
        return .string(clipped(text))
    }

    static func clipped(_ text: String) -> String {
        text.utf8.count <= longest ? text : String(decoding: text.utf8.prefix(longest), as: UTF8.self) + "…"
    }
}

/// An object as it grows. What is nil is left out.
private struct RecordText {
    private var octets: [UInt8] = [UInt8(ascii: "{")]

    init() { octets.reserveCapacity(2_048) }

    private mutating func begin(_ name: StaticString) {
        octets += octets.count > 1 ? ",\"".utf8 : "\"".utf8
        name.withUTF8Buffer { octets.append(contentsOf: $0) }
        octets += "\":".utf8
    }

    mutating func add(_ name: StaticString, _ text: String) {
        begin(name)
        JSONValue.write(text, to: &octets)
    }

    /// Nothing for an empty one either.
    mutating func addShort(_ name: StaticString, _ text: String?) {
        if let text, !text.isEmpty { add(name, TrailEntry.clipped(text)) }
    }

    mutating func add(_ name: StaticString, _ value: JSONValue?) {
        guard let value else { return }
        begin(name)
        value.write(to: &octets)
    }

    /// - Parameter text: a value that is JSON, and safe to show.
    mutating func add(_ name: StaticString, written text: String) {
        begin(name)
        octets += text.utf8
    }

    mutating func end() -> String {
        octets.append(UInt8(ascii: "}"))
        return String(decoding: octets, as: UTF8.self)
    }
}
