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
        var octets: [UInt8] = []
        octets.reserveCapacity(2_048)
        JSONValue.object(members(region)).write(to: &octets)
        return TrailRecord(
            id: id, at: at, account: account, category: category, source: source, name: name, isReadOnly: isReadOnly,
            userName: actor.userName, accessKeyID: actor.call?.accessKeyID,
            resources: category == .management ? resources : [], json: String(decoding: octets, as: UTF8.self))
    }

    private func members(_ region: String) -> [JSONValue.Member] {
        var all: [(String, JSONValue?)] = [
            ("eventVersion", .string("1.11")), ("userIdentity", actor.identity),
            ("eventTime", .string(TrailMoment.extended(at))), ("eventSource", .string(source)),
            ("eventName", .string(name)), ("awsRegion", .string(region)),
            ("sourceIPAddress", .string(actor.isHouse && sourceAddress.isEmpty ? TrailActor.house : sourceAddress)),
            ("userAgent", actor.agent.map { .string($0) } ?? .null), ("errorCode", Self.text(errorCode)),
            ("errorMessage", Self.text(errorMessage)), ("requestParameters", parameters),
            ("responseElements", elements), ("additionalEventData", Self.object(additional)),
            ("requestID", Self.text(actor.call?.request)), ("eventID", .string(id)), ("readOnly", .boolean(isReadOnly)),
        ]
        all += [
            ("resources", TrailObject.list(objects)), ("eventType", .string(kind.rawValue)),
            ("managementEvent", .boolean(category == .management)), ("recipientAccountId", .string("\(account)")),
            ("vpcEndpointId", Self.text(actor.call?.vpcEndpoint)), ("serviceEventDetails", details),
            ("eventCategory", .string(category.rawValue)), ("tlsDetails", tls),
        ]
        return all.compactMap { name, value in value.map { .init(name: name, value: $0) } }
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
