// SPDX-License-Identifier: Apache-2.0

import Delivery
import Queue
import SMTP

/// One mail's content as it goes out: dot-stuffed, with its end mark, in bounded pieces where it lies in a file.
final class ContentWriter {
    /// Octets of a file in one piece.
    static let pieceLength = 64 * 1024

    private let mail: OutgoingMail
    private let file: MappedFile?
    private var range: Range<Int>
    private var stuffer = DotStuffer()
    private var isAtStart = true
    private(set) var isAtEnd = false

    /// - Throws: `SpoolFailure` when the file cannot be read.
    init(_ mail: OutgoingMail) throws {
        self.mail = mail
        switch mail.body {
        case .memory:
            file = nil
            range = 0..<0
        case .file(let path, let offset, let length):
            let file = try MappedFile(path: path)
            guard offset >= 0, length >= 0, file.withBytes({ offset + length <= $0.count }) else {
                throw SpoolFailure.unavailable("content file is shorter than its message")
            }
            self.file = file
            range = offset..<offset + length
        }
    }

    /// The next piece; the first begins with the header, the last ends the content.
    func next() -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(mail.header.count + bodyCount + bodyCount / 64 + 64)
        if isAtStart { mail.header.withUnsafeBytes { stuffer.stuff($0, into: &output) } }
        isAtStart = false
        let end = min(range.lowerBound + Self.pieceLength, range.upperBound)
        if case .memory(let bytes) = mail.body { bytes.withUnsafeBytes { stuffer.stuff($0, into: &output) } }
        file?.withBytes { stuffer.stuff(UnsafeRawBufferPointer(rebasing: $0[range.lowerBound..<end]), into: &output) }
        range = end..<range.upperBound
        isAtEnd = range.isEmpty
        if isAtEnd { stuffer.finish(into: &output) }
        return output
    }

    private var bodyCount: Int {
        if case .memory(let bytes) = mail.body { return bytes.count }
        return min(range.count, Self.pieceLength)
    }
}
