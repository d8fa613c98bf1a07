// SPDX-License-Identifier: Apache-2.0

import CZlib

/// One gzip member (RFC 1952).
package enum Gzip {
    package struct Failure: Error, Hashable, Sendable {
        /// zlib's number.
        package let code: Int32
    }

    package static func compress(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        // 16 above the window's size asks for gzip's frame.
        let opened = deflateInit2_(
            &stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
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
}
