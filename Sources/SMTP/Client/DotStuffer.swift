// SPDX-License-Identifier: Apache-2.0

/// Turns content into what DATA carries (RFC 5321 §4.5.2): a dot before each leading dot, CRLF as the only line end, and
/// the end mark.
///
/// A CR or LF that stands alone leaves as CRLF, so that no peer can take a part of one message for the end of it.
/// The state is a line's, not a chunk's: content may come in pieces cut anywhere.
package struct DotStuffer {
    private static let cr = UInt8(13)
    private static let lf = UInt8(10)
    private static let dot = UInt8(ascii: ".")

    private var atLineStart = true
    /// The last chunk ended in a CR, which is not written yet: only the next octet tells whether it stands alone.
    private var holdsReturn = false

    package init() {}

    package mutating func stuff(_ chunk: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        chunk.withMemoryRebound(to: UInt8.self) { stuff($0, into: &output) }
    }

    /// Ends the last line where it is open, and the message.
    package mutating func finish(into output: inout [UInt8]) {
        if holdsReturn || !atLineStart { output += [Self.cr, Self.lf] }
        output += [Self.dot, Self.cr, Self.lf]
        self = DotStuffer()
    }

    // What needs no change is copied in runs that go over line ends; `start` is where the present run begins.
    private mutating func stuff(_ chunk: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        var start = releaseReturn(before: chunk, into: &output)
        var index = start
        while index < chunk.count {
            if atLineStart, chunk[index] == Self.dot {
                output.append(contentsOf: chunk[start..<index])
                output.append(Self.dot)
                start = index
            }
            atLineStart = false
            index = Self.lineEnd(in: chunk, from: index)
            guard index < chunk.count else { break }
            atLineStart = true
            if chunk[index] == Self.cr, index + 1 < chunk.count, chunk[index + 1] == Self.lf {
                index += 2
                continue
            }
            output.append(contentsOf: chunk[start..<index])
            holdsReturn = chunk[index] == Self.cr && index + 1 == chunk.count
            if !holdsReturn { output += [Self.cr, Self.lf] }
            index += 1
            start = index
        }
        output.append(contentsOf: chunk[start..<chunk.count])
    }

    /// - Returns: how many octets of the chunk belong to the line end that was held back.
    private mutating func releaseReturn(before chunk: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) -> Int {
        guard holdsReturn, let first = chunk.first else { return 0 }
        holdsReturn = false
        atLineStart = true
        output += [Self.cr, Self.lf]
        return first == Self.lf ? 1 : 0
    }

    // Eight octets at a time: a byte of `word ^ pattern` is zero where the octet is the one looked for, and the lowest
    // bit that `(x - 0x01…) & ~x & 0x80…` leaves stands in the first such byte.
    private static func lineEnd(in chunk: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let bytes = UnsafeRawBufferPointer(chunk)
        var index = start
        while index + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found = zeroBytes(word ^ 0x0D0D_0D0D_0D0D_0D0D) | zeroBytes(word ^ 0x0A0A_0A0A_0A0A_0A0A)
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count, bytes[index] != cr, bytes[index] != lf { index += 1 }
        return index
    }

    @inline(__always) private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }
}
