// SPDX-License-Identifier: Apache-2.0

import Delivery
import FoundationEssentials
import MIME
import Mail

/// The list of captured mail for tests and tools.
enum JSONList {
    private struct Entry: Encodable {
        let id: Int64
        let messageId: String
        let capturedAt: String
        let reversePath: String
        let recipients: [String]
        let from: String
        let subject: String
        let size: Int
    }

    static func text(_ messages: [CapturedSummary]) -> String {
        let entries = messages.map {
            Entry(
                id: $0.id, messageId: $0.message.description, capturedAt: $0.capturedAt.description,
                reversePath: $0.reversePath,
                recipients: $0.recipients, from: $0.from, subject: $0.subject, size: $0.size)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .withoutEscapingSlashes, .sortedKeys]
        return (try? encoder.encode(["messages": entries])).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

func decodedBase64(_ text: String) -> [UInt8] { Base64.decode(Array(text.utf8)) }
