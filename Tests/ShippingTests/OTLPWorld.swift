// SPDX-License-Identifier: Apache-2.0

import Compression
import Journal
import Mail
import Synchronization

@testable import Shipping

/// A collector that answers from a list, then takes everything; it knows what it took.
final class ScriptedWeb: SinkWeb {
    private let kept: Mutex<(script: [SinkAnswer], requests: [SinkRequest], taken: [[UInt8]])>

    init(_ script: [SinkAnswer] = []) { kept = Mutex((script, [], [])) }

    var requests: [SinkRequest] { kept.withLock { $0.requests } }
    /// Bodies, without gzip.
    var taken: [[UInt8]] { kept.withLock { $0.taken } }

    func post(_ request: SinkRequest) async throws -> SinkAnswer {
        kept.withLock { kept in
            kept.requests.append(request)
            let answer = kept.script.isEmpty ? SinkAnswer(status: 200, body: []) : kept.script.removeFirst()
            if answer.status == 200 { kept.taken.append((try? Gzip.expand(request.body, limit: 8 << 20)) ?? []) }
            return answer
        }
    }

    func close() async {}
}

/// A protobuf message taken apart: fields in their order, each a number or octets.
struct Decoded {
    enum Value: Hashable {
        case number(UInt64)
        case octets([UInt8])
    }

    var fields: [(number: Int, value: Value)] = []

    init(_ octets: [UInt8]) {
        var rest = octets[...]
        while let key = Self.varint(&rest) {
            let number = Int(key >> 3)
            switch key & 7 {
            case 0: fields.append((number, .number(Self.varint(&rest) ?? 0)))
            case 1: fields.append((number, .number(Self.fixed(&rest, 8))))
            case 5: fields.append((number, .number(Self.fixed(&rest, 4))))
            default:
                let length = Int(Self.varint(&rest) ?? 0)
                fields.append((number, .octets(Array(rest.prefix(length)))))
                rest = rest.dropFirst(length)
            }
        }
    }

    func messages(_ number: Int) -> [Decoded] { octets(number).map(Decoded.init) }

    func octets(_ number: Int) -> [[UInt8]] {
        fields.compactMap { field in
            if field.number == number, case .octets(let octets) = field.value { octets } else { nil }
        }
    }

    func text(_ number: Int) -> String? { octets(number).first.map { String(decoding: $0, as: UTF8.self) } }

    func number(_ number: Int) -> UInt64? {
        for case (number, .number(let value)) in fields { return value }
        return nil
    }

    /// Attributes under a field, as text.
    func attributes(_ number: Int) -> [String: String] {
        let pairs = messages(number).map { pair in
            let value = pair.messages(2).first
            return (pair.text(1) ?? "", value?.text(1) ?? value?.number(3).map { "\(Int64(bitPattern: $0))" } ?? "")
        }
        return Dictionary(pairs) { $1 }
    }

    private static func varint(_ octets: inout ArraySlice<UInt8>) -> UInt64? {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while let octet = octets.popFirst() {
            value |= UInt64(octet & 127) << shift
            if octet < 128 { return value }
            shift += 7
        }
        return nil
    }

    private static func fixed(_ octets: inout ArraySlice<UInt8>, _ count: Int) -> UInt64 {
        defer { octets = octets.dropFirst(count) }
        return octets.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Facts as they come.
actor GrowingFacts: FactStream {
    nonisolated let name = "spool"
    private var all: [Fact] = []

    func add(_ facts: [Fact]) { all += facts }

    func facts(after sequence: Int64, limit: Int) -> [RecordedFact] {
        all.enumerated().dropFirst(Int(clamping: sequence)).prefix(limit).map {
            RecordedFact(sequence: Int64($0.offset + 1), fact: $0.element)
        }
    }

    func accepted(_ message: MessageID) -> Fact.Accepted? {
        for fact in all where fact.message == message {
            if case .accepted(let event) = fact.event { return event }
        }
        return nil
    }
}

/// What was said of telemetry.
final class TelemetryNotes: Sendable {
    private let kept = Mutex<[TelemetryNote]>([])
    var all: [TelemetryNote] { kept.withLock { $0 } }
    func standing(_ name: String) -> TelemetryStanding {
        TelemetryStanding(name) { note in self.kept.withLock { $0.append(note) } }
    }
}
