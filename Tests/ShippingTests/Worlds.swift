// SPDX-License-Identifier: Apache-2.0

import CZlib
import JSON
import Journal
import Mail
import Synchronization

@testable import Shipping

/// Time that passes when somebody sleeps.
final class VirtualTime: Sendable {
    private let moment = Mutex(Timestamp(seconds: 1_780_000_000))
    private let bits = Mutex(SplitMix(state: 1))

    var now: Timestamp { moment.withLock { $0 } }
    func pass(_ seconds: Double) { moment.withLock { $0 = $0 + seconds } }

    var clock: ShippingClock {
        ShippingClock(now: { self.now }, sleep: { self.pass($0) }, random: { self.bits.withLock { $0.next() } })
    }
}

/// Chance that repeats.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Records that come one after another; those of the future are not there yet.
struct Rows: ShipmentSource {
    let name = "rows"
    let time: VirtualTime
    let shipments: [Shipment]
    let reads = Tracker()

    /// - Parameter every: seconds between two.
    init(_ count: Int, every: Double = 0, time: VirtualTime, text: (Int) -> String = { "\($0)" }) {
        self.time = time
        let start = time.now
        shipments = (0..<count).map { index in
            Shipment(
                sequence: Int64(index + 1), at: start + Double(index) * every, source: "rows", sourcetype: "test",
                host: "h", kind: .message, json: "{\"n\":\(index + 1),\"text\":\"\(text(index + 1))\"}")
        }
    }

    func page(after position: Int64, limit: Int) async throws -> ShipmentPage {
        reads.note(limit)
        let now = time.now
        let found = shipments.dropFirst(Int(clamping: position)).prefix(limit).prefix { $0.at <= now }
        return ShipmentPage(
            shipments: Array(found), last: found.last?.sequence ?? position, isFull: found.count == limit)
    }
}

/// The largest of what it was told.
final class Tracker: Sendable {
    private let largest = Mutex(0)
    var peak: Int { largest.withLock { $0 } }
    func note(_ value: Int) { largest.withLock { $0 = max($0, value) } }
}

actor Cursors: CursorStore {
    var positions: [String: Int64] = [:]
    func position(of reader: String, in stream: String) -> Int64 { positions["\(reader) \(stream)"] ?? 0 }
    func advance(_ reader: String, in stream: String, to sequence: Int64) {
        positions["\(reader) \(stream)"] = sequence
    }
}

/// What the shipper said.
final class Notes: Sendable {
    private let kept = Mutex<(recorded: [ShippingNote], told: [ShippingNote])>(([], []))
    var recorded: [ShippingNote] { kept.withLock { $0.recorded } }
    var told: [ShippingNote] { kept.withLock { $0.told } }
    var witness: ShippingWitness {
        ShippingWitness(
            record: { note in self.kept.withLock { $0.recorded.append(note) } },
            tell: { note in self.kept.withLock { $0.told.append(note) } })
    }
}

/// A sink that answers from a list, then takes everything.
actor ScriptedSink: ShipmentSink {
    var script: [ShipmentVerdict]
    var batches: [[Int64]] = []
    var taken: [Int64] = []

    init(_ script: [ShipmentVerdict] = []) { self.script = script }

    func send(_ batch: [Shipment]) -> ShipmentVerdict {
        let numbers = batch.map(\.sequence)
        batches.append(numbers)
        let verdict = script.isEmpty ? .durable() : script.removeFirst()
        if case .durable = verdict { taken += numbers }
        return verdict
    }
}

enum Gunzip {
    static func text(_ bytes: [UInt8]) -> String {
        var stream = z_stream()
        inflateInit2_(&stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { inflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: 8 << 20)
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                inflate(&stream, Z_FINISH)
            }
        }
        return String(decoding: output.prefix(Int(stream.total_out)), as: UTF8.self)
    }

    /// The envelopes that stand one after another.
    static func envelopes(_ text: String) -> [JSONValue] {
        text.replacing("}{\"time\"", with: "}\n{\"time\"").split(separator: "\n").compactMap {
            try? JSONValue(parsing: String($0), maximumDepth: 16)
        }
    }
}
