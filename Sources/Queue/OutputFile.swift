// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file of content being written.
package final class OutputFile {
    private let path: String
    private let descriptor: Int32
    package private(set) var length = 0
    private var isInPlace = false

    /// - Throws: `SpoolFailure`.
    package init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure() }
    }

    deinit {
        close(descriptor)
        if !isInPlace { unlink(path) }
    }

    package func write(_ bytes: [UInt8]) throws {
        var written = 0
        try bytes.withUnsafeBytes { buffer in
            while written < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Self.failure() }
                written += count
            }
        }
        length += bytes.count
    }

    /// Takes the place of another file. Not synced: the spool does that when it adopts the file.
    package func replace(_ other: String) throws {
        guard rename(path, other) == 0 else { throw Self.failure() }
        isInPlace = true
    }

    static func failure() -> SpoolFailure {
        errno == ENOSPC || errno == EDQUOT ? .noSpace : .unavailable("content file: errno \(errno)")
    }
}
