// SPDX-License-Identifier: Apache-2.0

import Mail

/// Cuts a header section into fields.
struct FieldScanner {
    private let bytes: [UInt8]
    /// Where the next field, or at the end the body, begins.
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    // fields = *(field-name ":" unstructured CRLF) ; RFC 5322 §3.6.8, lines after the first begin with WSP
    mutating func next() throws(SyntaxError) -> HeaderField? {
        guard offset < bytes.count else { return nil }
        let start = offset
        var end = try lineEnd(from: start)
        if end == start {
            offset = start + 2
            return nil
        }
        let colon = try fieldNameEnd(from: start, to: end)
        while end + 2 < bytes.count, bytes[end + 2] == 32 || bytes[end + 2] == 9 { end = try lineEnd(from: end + 2) }
        offset = min(end + 2, bytes.count)
        guard offset <= HeaderSection.maximumLength else {
            throw SyntaxError(expected: "a header of at most \(HeaderSection.maximumLength) octets", offset: offset)
        }
        var raw: [UInt8] = []
        raw.reserveCapacity(min(end, bytes.count) - start + 2)
        raw += bytes[start..<min(end, bytes.count)]
        raw.append(13)
        raw.append(10)
        var nameEnd = colon
        while nameEnd > start, bytes[nameEnd - 1] == 32 || bytes[nameEnd - 1] == 9 { nameEnd -= 1 }
        return HeaderField(
            name: String(decoding: bytes[start..<nameEnd], as: UTF8.self), raw: raw, valueOffset: colon + 1 - start)
    }

    // field-name = 1*ftext, printable ASCII without ":"; white space before the colon is obsolete syntax some still send
    private func fieldNameEnd(from start: Int, to end: Int) throws(SyntaxError) -> Int {
        var index = start
        while index < end, (33...126).contains(bytes[index]), bytes[index] != UInt8(ascii: ":") { index += 1 }
        let nameEnd = index
        while index < end, bytes[index] == 32 || bytes[index] == 9 { index += 1 }
        guard nameEnd > start, index < end, bytes[index] == UInt8(ascii: ":") else {
            throw SyntaxError(expected: "a header field name and ':'", offset: index)
        }
        return index
    }

    /// Where the CRLF of the line that begins at `start` stands; the end of the bytes counts as a line end.
    private func lineEnd(from start: Int) throws(SyntaxError) -> Int {
        let found = bytes.withUnsafeBytes { octets -> Int in
            var index = start
            while true {
                index = OctetScan.first(in: octets, from: index, OctetScan.controls)
                guard index < octets.count, octets[index] != 13, octets[index] != 10, octets[index] != 0 else {
                    return index
                }
                index += 1
            }
        }
        guard found - start <= HeaderSection.maximumLineLength else {
            throw SyntaxError(
                expected: "lines of at most \(HeaderSection.maximumLineLength) octets in the header", offset: found)
        }
        guard found < bytes.count else { return found }
        guard bytes[found] == 13, found + 1 < bytes.count, bytes[found + 1] == 10 else {
            throw SyntaxError(expected: "CRLF as the only line end, and no NUL", offset: found)
        }
        return found
    }
}
