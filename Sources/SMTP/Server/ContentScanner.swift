// SPDX-License-Identifier: Apache-2.0

/// Reads the content of one message as it comes in: finds its end, removes dot-stuffing, and notices what two servers
/// might read differently.
///
/// Only CRLF "." CRLF ends DATA (RFC 5321 §4.1.1.4). A CR or LF that is not part of a CRLF, or a NUL, makes the content
/// `isAmbiguous`: it is read to its true end, so that the session stays in step, and then refused.
struct ContentScanner {
    private enum State { case lineStart, text, afterReturn, dot, dotReturn }

    private var state = State.lineStart
    private let removesDots: Bool
    private(set) var isAmbiguous = false
    private(set) var is8Bit = false

    /// - Parameter removesDots: true for DATA, false for the counted chunks of BDAT.
    init(removesDots: Bool) { self.removesDots = removesDots }

    /// - Returns: how many octets of `input` belong to the content, and whether its end was seen.
    mutating func read(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) -> (consumed: Int, ended: Bool) {
        var index = 0
        while index < input.count {
            if state == .text { index = copyText(input, from: index, into: &output) }
            guard index < input.count else { break }
            let byte = input[index]
            index += 1
            if step(byte, into: &output) { return (index, true) }
        }
        return (index, false)
    }

    /// Whether counted content ended inside a line end.
    var endsInsideLineEnd: Bool { state == .afterReturn }

    private mutating func copyText(_ input: UnsafeRawBufferPointer, from start: Int, into output: inout [UInt8]) -> Int
    {
        var index = start
        var all: UInt8 = 0
        while index < input.count, input[index] != 13, input[index] != 10, input[index] != 0 {
            all |= input[index]
            index += 1
        }
        if all > 127 { is8Bit = true }
        output.append(contentsOf: input[start..<index])
        return index
    }

    private mutating func step(_ byte: UInt8, into output: inout [UInt8]) -> Bool {
        switch (state, byte) {
        case (.lineStart, UInt8(ascii: ".")) where removesDots:
            state = .dot
        case (.dot, 13):
            state = .dotReturn
        case (.dotReturn, 10):
            return true
        case (.afterReturn, 10):
            output += [13, 10]
            state = .lineStart
        case (.lineStart, 13), (.text, 13):
            state = .afterReturn
        default:
            irregular(byte, into: &output)
        }
        return false
    }

    private mutating func irregular(_ byte: UInt8, into output: inout [UInt8]) {
        if state == .afterReturn || state == .dotReturn {
            isAmbiguous = true
            output.append(13)
        }
        if byte == 10 || byte == 0 { isAmbiguous = true }
        if byte > 127 { is8Bit = true }
        if byte == 13 {
            state = .afterReturn
        } else {
            output.append(byte)
            state = .text
        }
    }
}
