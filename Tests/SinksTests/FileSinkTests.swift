// SPDX-License-Identifier: Apache-2.0

import Foundation
import Mail
import NIOPosix
import Testing

@testable import Shipping
@testable import Sinks

@Suite("The file sink")
struct FileSinkTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "file-sink-\(UUID().uuidString)")
    private let clock = ShippingClock(now: { Timestamp(seconds: 1_780_000_000) }, sleep: { _ in }, random: { 0 })

    private func sink(rotateOctets: Int = 1 << 20) throws -> FileSink {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return FileSink(
            path: directory.appending(path: "records").path, rotateOctets: rotateOctets, clock: clock,
            threads: .singleton)
    }

    private func batch(_ numbers: ClosedRange<Int>) -> [Shipment] {
        numbers.map {
            Shipment(
                sequence: Int64($0), at: Timestamp(milliseconds: 1_780_000_000_007), source: "s", sourcetype: "t",
                host: "h", kind: .trail, json: "{\"n\":\($0)}")
        }
    }

    private func line(_ number: Int) -> String {
        "{\"time\":1780000000.007,\"host\":\"h\",\"source\":\"s\",\"sourcetype\":\"t\",\"event\":{\"n\":\(number)}}\n"
    }

    private func text(_ name: String = "records") throws -> String {
        try String(contentsOf: directory.appending(path: name), encoding: .utf8)
    }

    @Test("appends lines, after a restart too, and cuts away a line that a crash cut off")
    func restart() async throws {
        let first = try sink()
        #expect(await first.send(batch(1...2)) == .durable())
        await first.close()
        let file = try FileHandle(forWritingTo: directory.appending(path: "records"))
        try file.seekToEnd()
        try file.write(contentsOf: Data("{\"time\":17".utf8))
        try file.close()
        let second = try sink()
        #expect(await second.send(batch(3...3)) == .durable())
        #expect(try text() == line(1) + line(2) + line(3))
        try FileManager.default.removeItem(at: directory)
    }

    @Test("renames a full file and keeps it")
    func rotates() async throws {
        let sink = try sink(rotateOctets: 200)
        for number in 1...5 { #expect(await sink.send(batch(number...number)) == .durable()) }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        #expect(names == ["records", "records.20260528T202640Z.0", "records.20260528T202640Z.1"])
        #expect(try text(names[1]) + text(names[2]) + text() == (1...5).map(line).joined())
        try FileManager.default.removeItem(at: directory)
    }

    @Test("fails for later where there is no directory")
    func fails() async throws {
        let sink = FileSink(
            path: directory.appending(path: "none/records").path, rotateOctets: 1, clock: clock, threads: .singleton)
        guard case .retry(let reason, nil) = await sink.send(batch(1...1)) else {
            Issue.record("not tried again")
            return
        }
        #expect(reason.hasSuffix("cannot open: No such file or directory"))
    }
}
