// SPDX-License-Identifier: Apache-2.0

package import Journal
import Mail
package import Trail

/// The facts of one stream: what became of every message, every refusal and every change.
///
/// `eventID` tells a copy that came twice. Recipients appear as in the trail.
package struct MessageShipments: ShipmentSource {
    package let name: String
    private let stream: any FactStream
    private let host: String
    private let sight: RecipientSight

    /// - Parameter sight: how recipients appear.
    package init(_ stream: any FactStream, host: String, sight: RecipientSight) {
        name = "messages:\(stream.name)"
        self.stream = stream
        self.host = host
        self.sight = sight
    }

    package func page(after position: Int64, limit: Int) async throws -> ShipmentPage {
        let facts = try await stream.facts(after: position, limit: limit)
        return ShipmentPage(
            shipments: facts.map(shipment),
            last: facts.last?.sequence ?? position, isFull: facts.count == limit)
    }

    private func shipment(_ recorded: RecordedFact) -> Shipment {
        let fact = recorded.fact
        return Shipment(
            sequence: recorded.sequence, at: fact.at, source: "postern:\(stream.name)", sourcetype: "postern:message",
            host: host, kind: .message, json: json(recorded, stream: stream.name),
            isAboutCopies: fact.event.isAboutCopies)
    }

    private func json(_ recorded: RecordedFact, stream: String) -> String {
        let fact = recorded.fact
        let message = fact.message.map { ",\"messageId\":\(OneLine.quoted($0.description))" } ?? ""
        let head =
            "{\"eventID\":\(OneLine.quoted("\(stream)-\(recorded.sequence)")),\"eventTime\":\"\(fact.at)\""
            + ",\"eventType\":\"\(fact.event.kind.rawValue)\",\"accountId\":\"\(fact.account)\"\(message),"
        return head + sight.show(in: fact.event).json.dropFirst()
    }
}

extension Fact.Event {
    fileprivate var isAboutCopies: Bool {
        if case .warned(let warned) = self { warned.control.hasPrefix(ShippingNote.controlPrefix) } else { false }
    }
}
