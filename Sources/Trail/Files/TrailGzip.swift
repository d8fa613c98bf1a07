// SPDX-License-Identifier: Apache-2.0

import CZlib

/// One gzip member (RFC 1952), in and out.
enum TrailGzip {
    struct Failure: Error, Hashable, Sendable {}

    static func compress(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        // 16 above the window's size asks for gzip's frame.
        let opened = deflateInit2_(
            &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard opened == Z_OK, let length = UInt32(exactly: bytes.count) else { throw Failure() }
        defer { deflateEnd(&stream) }
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
        guard status == Z_STREAM_END else { throw Failure() }
        return Array(output.prefix(Int(stream.total_out)))
    }

    /// - Parameter limit: octets of the result: a small file may claim to be a huge one.
    static func expand(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK,
            let length = UInt32(exactly: bytes.count)
        else { throw Failure() }
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
        guard isWhole else { throw Failure() }
        return result
    }
}
