// SPDX-License-Identifier: Apache-2.0

import Glibc
import Mail
package import NIOPosix
package import Shipping
import Synchronization

/// JSON lines in a file: the envelopes that Splunk's collector takes, one in a line.
///
/// A batch is durable when the file is synced. A full file is renamed `NAME.20261124T074253Z.N` and stays: who keeps files
/// removes them. A line that a crash cut off is cut away at the next start, for its record comes again.
package final class FileSink: ShipmentSink {
    private struct Open { var descriptor: CInt, size: Int }

    private let path: String
    private let rotateOctets: Int
    private let clock: ShippingClock
    private let threads: NIOThreadPool
    private let file = Mutex<Open?>(nil)

    /// - Parameter path: absolute; its directory exists. One sink to a file, whatever the number of its sources.
    package init(path: String, rotateOctets: Int, clock: ShippingClock, threads: NIOThreadPool) {
        self.path = path
        self.rotateOctets = max(1, rotateOctets)
        self.clock = clock
        self.threads = threads
    }

    package func send(_ batch: [Shipment]) async -> ShipmentVerdict {
        do {
            try await threads.runIfActive { try self.write(batch) }
            return .durable()
        } catch {
            return .retry("\(path): \(error)")
        }
    }

    private func write(_ batch: [Shipment]) throws {
        var octets: [UInt8] = []
        for shipment in batch {
            Envelope.write(shipment, to: &octets)
            octets.append(UInt8(ascii: "\n"))
        }
        try file.withLock { file in
            do {
                if let open = file, open.size > 0, open.size + octets.count > rotateOctets {
                    try rotate(open)
                    file = nil
                }
                var open = try file ?? self.open()
                file = open
                try FileCall.writeAll(octets, to: open.descriptor)
                try FileCall.check(fdatasync(open.descriptor), "sync")
                open.size += octets.count
                file = open
            } catch {
                // What was half written is cut away when it is opened again.
                if let open = file { Glibc.close(open.descriptor) }
                file = nil
                throw error
            }
        }
    }

    private func open() throws -> Open {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        try FileCall.check(descriptor, "open")
        do {
            let size = try FileCall.wholeLines(in: descriptor)
            try FileCall.check(ftruncate(descriptor, off_t(size)), "cut")
            try syncDirectory()
            return Open(descriptor: descriptor, size: size)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    private func rotate(_ open: Open) throws {
        let stamp = clock.now().description.prefix(19).filter { $0 != "-" && $0 != ":" }
        for number in 0..<1_000 {
            let name = "\(path).\(stamp)Z.\(number)"
            guard access(name, F_OK) != 0 else { continue }
            try FileCall.check(rename(path, name), "rename")
            Glibc.close(open.descriptor)
            return try syncDirectory()
        }
        throw SinkFailure("no name is left for a full file")
    }

    private func syncDirectory() throws {
        let directory = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
        let descriptor = Glibc.open(directory.isEmpty ? "/" : String(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try FileCall.check(descriptor, "open the directory")
        defer { Glibc.close(descriptor) }
        try FileCall.check(fsync(descriptor), "sync the directory")
    }

    package func close() async {
        file.withLock { file in
            if let open = file { Glibc.close(open.descriptor) }
            file = nil
        }
    }
}

/// System calls that throw.
private enum FileCall {
    static func check(_ result: CInt, _ call: String) throws {
        guard result >= 0 else { throw SinkFailure("cannot \(call): \(String(cString: strerror(errno)))") }
    }

    static func writeAll(_ octets: [UInt8], to descriptor: CInt) throws {
        var rest = octets[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            try check(CInt(clamping: count), "write")
            rest = rest.dropFirst(count)
        }
    }

    /// How many octets whole lines take; looked for from the end.
    static func wholeLines(in descriptor: CInt) throws -> Int {
        var end = Int(lseek(descriptor, 0, SEEK_END))
        var piece = [UInt8](repeating: 0, count: 65_536)
        while end > 0 {
            let start = max(0, end - piece.count)
            let wanted = end - start
            let count = piece.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, wanted, off_t(start)) }
            try check(CInt(clamping: count), "read")
            guard count > 0 else { throw SinkFailure("cannot read the file's end") }
            if let newline = piece.prefix(count).lastIndex(of: UInt8(ascii: "\n")) { return start + newline + 1 }
            end = start
        }
        return 0
    }
}
