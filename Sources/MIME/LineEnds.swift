// SPDX-License-Identifier: Apache-2.0

/// Line ends of a message: CRLF and nothing else (RFC 5321 §2.3.8).
package enum LineEnds {
    /// Turns LF, CR and CRLF into CRLF, for messages that come over an API, where every client writes its own.
    package static func normalised(_ bytes: [UInt8]) -> [UInt8] {
        guard firstBare(in: bytes) != nil else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 32)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 13 || byte == 10 {
                result += [13, 10]
                if byte == 13, index + 1 < bytes.count, bytes[index + 1] == 10 { index += 1 }
            } else {
                result.append(byte)
            }
            index += 1
        }
        return result
    }

    /// Where the first CR without LF, or LF without CR, stands.
    package static func firstBare(in bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBytes { firstBare(in: $0) }
    }

    package static func firstBare(in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while true {
            index = OctetScan.first(in: bytes, from: index, OctetScan.controls)
            guard index < bytes.count else { return nil }
            if bytes[index] == 10 { return index }
            if bytes[index] == 13 {
                guard index + 1 < bytes.count, bytes[index + 1] == 10 else { return index }
                index += 1
            }
            index += 1
        }
    }
}
