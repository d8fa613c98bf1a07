// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file of content, mapped for reading: its pages are the kernel's to drop, so a 40 MB message is not 40 MB of heap.
package final class MappedFile {
    private let base: UnsafeRawPointer
    private let length: Int

    /// - Throws: `SpoolFailure.unavailable` when the file is not there, is empty or cannot be mapped.
    package init(path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SpoolFailure.unavailable("open: errno \(errno)") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0 else {
            throw SpoolFailure.unavailable("content file is empty or unreadable")
        }
        length = status.st_size
        guard let map = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0), map != MAP_FAILED else {
            throw SpoolFailure.unavailable("mmap: errno \(errno)")
        }
        base = UnsafeRawPointer(map)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: base), length) }

    /// Lends the bytes; the pointer must not outlive the call.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: length))
    }
}
