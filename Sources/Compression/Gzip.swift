// SPDX-License-Identifier: Apache-2.0

import CZlib

/// One gzip member (RFC 1952), in and out.
package enum Gzip {
    package struct Failure: Error, Hashable, Sendable {
        /// zlib's number.
        package let code: Int32
    }

    package enum Effort: Sendable {
        /// For what is much or sent at once; for what is kept and little; for what is small and goes by mail.
        case quick, usual, best

        fileprivate var level: Int32 {
            switch self {
            case .quick: Z_BEST_SPEED
            case .usual: Z_DEFAULT_COMPRESSION
            case .best: Z_BEST_COMPRESSION
            }
        }
    }

    package static func compress(_ bytes: [UInt8], _ effort: Effort) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        // 16 above the window's size asks for gzip's frame.
        let opened = deflateInit2_(
            &stream, effort.level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard opened == Z_OK else { throw Failure(code: opened) }
        defer { deflateEnd(&stream) }
        guard let length = UInt32(exactly: bytes.count) else { throw Failure(code: Z_BUF_ERROR) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(length))))
        let status = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = length
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: output.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END else { throw Failure(code: status) }
        return Array(output.prefix(Int(stream.total_out)))
    }

    /// - Parameter limit: octets of the result: a small file may claim to be a huge one.
    package static func expand(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK,
            let length = UInt32(exactly: bytes.count)
        else { throw Failure(code: Z_DATA_ERROR) }
        defer { inflateEnd(&stream) }
        var input = bytes
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var result: [UInt8] = []
        let isWhole = input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = length
            while true {
                let (status, count) = piece.withUnsafeMutableBufferPointer { piece in
                    stream.next_out = piece.baseAddress
                    stream.avail_out = UInt32(piece.count)
                    return (inflate(&stream, Z_NO_FLUSH), piece.count - Int(stream.avail_out))
                }
                result += piece.prefix(count)
                guard result.count <= limit, status == Z_OK || status == Z_STREAM_END else { return false }
                if status == Z_STREAM_END { return stream.avail_in == 0 }
                if count == 0 { return false }
            }
        }
        guard isWhole else { throw Failure(code: Z_DATA_ERROR) }
        return result
    }
}
