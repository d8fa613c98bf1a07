// SPDX-License-Identifier: Apache-2.0

import AWSWire
import FoundationEssentials
import Mail
import Sending

/// A moment in a query string: ISO 8601 in UTC, or seconds since 1970.
struct QueryDate: Decodable {
    let moment: Timestamp

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        if let seconds = Double(text), abs(seconds) < 1e11 {
            moment = Timestamp(milliseconds: Int64(seconds * 1_000))
        } else if let date = Self.date(text) {
            moment = Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1_000).rounded()))
        } else {
            throw ServiceError("SerializationException", "A date is not ISO 8601.")
        }
    }

    private static func date(_ text: String) -> Date? {
        let plain = Date.ISO8601FormatStyle()
        return (try? plain.parse(text)) ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
    }
}

extension SuppressionSelection.Place {
    init(of destination: SuppressedDestination) {
        self.init(updatedAt: destination.updatedAt, address: destination.address.description)
    }

    /// Opaque to callers.
    var token: String { Data("\(updatedAt.milliseconds) \(address)".utf8).base64EncodedString() }

    init(token: String) throws(ServiceError) {
        guard let data = Data(base64Encoded: token), let text = String(data: data, encoding: .utf8) else {
            throw .badToken
        }
        let halves = text.split(separator: " ", maxSplits: 1)
        guard halves.count == 2, let milliseconds = Int64(halves[0]) else { throw .badToken }
        self.init(updatedAt: Timestamp(milliseconds: milliseconds), address: String(halves[1]))
    }
}

extension ServiceError {
    fileprivate static let badToken = ServiceError(
        "InvalidNextTokenException", "The specified request includes an invalid or expired token.")
}
