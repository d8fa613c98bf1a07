// SPDX-License-Identifier: Apache-2.0

/// Turns content into what DATA carries (RFC 5321 §4.5.2): a dot before each leading dot, CRLF everywhere, the end mark.
///
/// A CR or LF that stands alone leaves as CRLF, so that no peer can take a part of one message for the end of it.
package struct DotStuffer {
    private var atLineStart = true
    private var afterReturn = false

    package init() {}

    package mutating func stuff(_ chunk: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        var index = 0
        while index < chunk.count {
            let byte = chunk[index]
            if afterReturn {
                afterReturn = false
                output.append(10)
                atLineStart = true
                if byte == 10 {
                    index += 1
                    continue
                }
            }
            if byte == 13 {
                output.append(13)
                afterReturn = true
                index += 1
            } else if byte == 10 {
                output.append(13)
                output.append(10)
                atLineStart = true
                index += 1
            } else {
                if atLineStart, byte == UInt8(ascii: ".") { output.append(byte) }
                atLineStart = false
                let start = index
                while index < chunk.count, chunk[index] != 13, chunk[index] != 10 { index += 1 }
                output.append(contentsOf: chunk[start..<index])
            }
        }
    }

    /// Ends the last line where it is open, and the message.
    package mutating func finish(into output: inout [UInt8]) {
        if afterReturn {
            output.append(10)
        } else if !atLineStart {
            output += [13, 10]
        }
        output += [UInt8(ascii: "."), 13, 10]
        self = DotStuffer()
    }
}
