// SPDX-License-Identifier: Apache-2.0

import JSON

/// An answer of the collector: `{"text":"Success","code":0,"ackId":7}`.
struct HECReply: Hashable, Sendable {
    let code: Int?
    let text: String
    /// From 0.
    let invalidEvent: Int?
    let ack: Int64?
    private let isAnyAckThere: Bool
    private let trueAcks: Set<String>

    init(_ answer: SinkAnswer) {
        let document = try? JSONValue(parsing: answer.body, maximumDepth: 4, allowsRepeatedNames: true)
        code = document?["code"]?.integer.flatMap { Int(exactly: $0) }
        invalidEvent = document?["invalid-event-number"]?.integer.flatMap { Int(exactly: $0) }
        ack = document?["ackId"]?.integer
        if case .string(let text) = document?["text"] { self.text = text } else { text = "" }
        if case .object(let acks) = document?["acks"] {
            isAnyAckThere = true
            trueAcks = Set(acks.filter { $0.value == .boolean(true) }.map(\.name))
        } else {
            isAnyAckThere = false
            trueAcks = []
        }
    }

    func acknowledges(_ ack: Int64) -> Bool { trueAcks.contains(String(ack)) }
    /// Whether it answers a question about acknowledgements at all.
    var isAboutAcks: Bool { isAnyAckThere }

    func meaning(status: Int) -> HECCode.Meaning {
        let known = code.flatMap(HECCode.meaning) ?? HECCode.meaning(status: status)
        // A success counts only with the status of one.
        return (known == .taken || known == .takenButFull) && !(200..<300).contains(status) ? .later : known
    }

    /// For people.
    func words(status: Int, from endpoint: String) -> String {
        let code = code.map { ", code \($0)" } ?? ""
        return "\(endpoint) answered \(status)\(code)\(text.isEmpty ? "" : ": \(text)")"
    }
}

extension JSONValue {
    fileprivate var integer: Int64? {
        if case .number(let text) = self { Int64(text) } else { nil }
    }
}
