// SPDX-License-Identifier: Apache-2.0

import Crypto

/// The "relaxed" body canonicalisation (RFC 6376 §3.4.4) and its SHA-256, as the body streams by.
///
/// Runs of white space become one space, white space before a line end goes, empty lines at the end go. Memory is
/// bounded whatever the body: pending line ends and spaces are counted, not kept.
package struct BodyHasher {
    private var hash = SHA256()
    private var pendingLines = 0
    private var pendingSpace = false
    private var pendingReturn = false
    private var isEmpty = true
    private var buffer: [UInt8] = []

    package init() { buffer.reserveCapacity(8192) }

    package mutating func update(_ chunk: [UInt8]) { chunk.withUnsafeBytes { update($0) } }

    package mutating func update(_ chunk: UnsafeRawBufferPointer) {
        var index = 0
        while index < chunk.count {
            let start = index
            let end = min(chunk.count, start + 8192)
            while index < end, !Self.isSpecial(chunk[index]) { index += 1 }
            if index > start { keep(UnsafeRawBufferPointer(rebasing: chunk[start..<index])) }
            guard index < end else { continue }
            take(special: chunk[index])
            index += 1
        }
        flush()
    }

    private static func isSpecial(_ byte: UInt8) -> Bool { byte == 13 || byte == 10 || byte == 32 || byte == 9 }

    private mutating func take(special byte: UInt8) {
        if byte == 10, pendingReturn {
            pendingReturn = false
            pendingSpace = false
            pendingLines += 1
            return
        }
        if pendingReturn { keep(13) }
        pendingReturn = byte == 13
        switch byte {
        case 13: break
        case 10: keep(10)
        default: pendingSpace = true
        }
    }

    private mutating func keep(_ run: UnsafeRawBufferPointer) {
        if pendingReturn {
            keep(13)
            pendingReturn = false
        }
        keep(run[0])
        buffer.append(contentsOf: run.dropFirst())
        if buffer.count >= 8192 { flush() }
    }

    package mutating func finalize() -> [UInt8] {
        // A body that does not end in CRLF is given one; an empty body hashes as nothing.
        if pendingReturn { keep(13) }
        if !isEmpty { buffer += [13, 10] }
        flush()
        return Array(hash.finalize())
    }

    private mutating func keep(_ byte: UInt8) {
        while pendingLines > 0 {
            buffer.append(13)
            buffer.append(10)
            pendingLines -= 1
            if buffer.count >= 8192 { flush() }
        }
        if pendingSpace {
            buffer.append(32)
            pendingSpace = false
        }
        buffer.append(byte)
        isEmpty = false
        if buffer.count >= 8192 { flush() }
    }

    private mutating func flush() {
        hash.update(data: buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}

/// The "relaxed" header canonicalisation (RFC 6376 §3.4.2) of one field, with its CRLF.
func relaxed(_ field: [UInt8]) -> [UInt8] {
    guard let colon = field.firstIndex(of: UInt8(ascii: ":")) else { return field }
    var result: [UInt8] = []
    result.reserveCapacity(field.count)
    for byte in field[..<colon] where byte != 32 && byte != 9 {
        result.append((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte)
    }
    result.append(UInt8(ascii: ":"))
    var space = false
    var started = false
    for byte in field[(colon + 1)...] where byte != 13 && byte != 10 {
        if byte == 32 || byte == 9 {
            space = started
            continue
        }
        if space { result.append(32) }
        space = false
        started = true
        result.append(byte)
    }
    return result + [13, 10]
}
