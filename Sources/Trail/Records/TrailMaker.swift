// SPDX-License-Identifier: Apache-2.0

import Crypto
import JSON
package import Journal
import Mail

/// Makes a record out of a fact: a function, so that the same fact is the same record, octet for octet, however often it
/// is made.
package struct TrailMaker: Sendable {
    /// What records are made of; every other fact tells what became of a message, not who asked for what.
    package static let kinds: Set<Fact.Event.Kind> = [
        .accepted, .refused, .renderingFailed, .administered, .called, .signedIn, .unreadable,
    ]

    let region: String
    let sight: RecipientSight
    let identities = IdentityTexts()

    package init(region: String, sight: RecipientSight) {
        self.region = region
        self.sight = sight
    }

    /// - Parameter stream: whose fact it is; with its place there it names what has no other name.
    /// - Returns: nil for a fact of no kind in `kinds`.
    package func record(of fact: RecordedFact, in stream: String) -> TrailRecord? {
        let (fact, sequence) = (fact.fact, fact.sequence)
        let place = TrailID.made(of: "\(stream)/\(sequence)")
        let entry: TrailEntry
        switch fact.event {
        case .accepted(let event): entry = accepted(event, fact, place)
        case .refused(let event): entry = refused(event, fact, place)
        case .renderingFailed(let event): entry = renderingFailed(event, fact, place)
        case .administered(let event): entry = administered(event, fact, place)
        case .called(let event): entry = called(event, fact)
        case .signedIn(let event): entry = signedIn(event, fact, place)
        case .unreadable(let event): entry = unreadable(event, fact, place, stream: stream, sequence: sequence)
        case .delivered, .deferred, .bounced, .complained, .warned: return nil
        }
        return entry.record(region: region)
    }

    /// That what a stream tells of before is in no record.
    func beginning(of stream: String, after sequence: Int64, since: Timestamp, for account: AccountID) -> TrailRecord {
        var entry = TrailEntry(
            at: since, id: TrailID.made(of: "\(stream)/begins/\(sequence)"), account: account,
            actor: TrailActor(houseFor: account), source: "postern.amazonaws.com", name: "TrailBegins", kind: .service,
            sourceAddress: "")
        entry.details = TrailEntry.object([("stream", .string(stream)), ("after", .number("\(sequence)"))])
        return entry.record(region: region)
    }

    func parameters(of call: Fact.Call?) -> JSONValue {
        guard let call, let text = call.parameters else { return .null }
        let value = try? JSONValue(parsing: text, maximumDepth: 40, allowsRepeatedNames: true)
        return value.map { sight.show(in: $0, of: call.name) } ?? .string(sight.show(inText: text))
    }

    /// A text for people, cut and without recipients.
    func shown(_ text: String?) -> String? { text.map { sight.show(inText: TrailEntry.clipped($0)) } }
}

/// Names of records, in the form of UUIDs (RFC 9562 §5.8: version 8), made of what they are about.
enum TrailID {
    static func made(of text: String) -> String {
        let octets = Array(SHA256.hash(data: Array(text.utf8)))
        func word(_ range: Range<Int>) -> UInt64 { octets[range].reduce(0) { $0 << 8 | UInt64($1) } }
        return UUIDText.make(word(0..<8), word(8..<16), version: 8)
    }

    /// Of what one call did: the same for all of its facts.
    static func of(_ call: Fact.Call, errorCode: String? = nil) -> String {
        made(of: "\(call.request)/\(call.name)" + (errorCode.map { "/\($0)" } ?? ""))
    }
}

/// What the names of operations say.
enum TrailVerbs {
    // BatchGetMetricData is SES's; the rest begin so at every service.
    private static let reading = [
        "Get", "List", "Describe", "Lookup", "Filter", "Search", "Simulate", "Test", "Explain", "Head", "BatchGet",
    ]
    private static let sends: Set<String> = [
        "SendEmail", "SendRawEmail", "SendTemplatedEmail", "SendBulkTemplatedEmail", "SendBulkEmail",
    ]

    /// Whether one of the words begins the name as a word of its own: `GetAccount`, not `Getter`.
    static func isReadOnly(_ name: String) -> Bool {
        reading.contains { word in
            guard name.hasPrefix(word) else { return false }
            return name.utf8.dropFirst(word.utf8.count).first.map { (65...90).contains($0) } ?? true
        }
    }

    /// Sends are data events (SES developer guide, "Logging Amazon SES API calls").
    static func isSend(_ name: String, _ source: String) -> Bool {
        source == "ses.amazonaws.com" && sends.contains(name)
    }
}
