// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import Synchronization

/// Drafts that stay in memory up to 256 KiB and go on in a file beyond it.
///
/// Files lie in one directory; whatever is in it at start belongs to nobody and is removed.
package struct FileDrafts: DraftFactory {
    /// Content up to this many octets is a row in the spool; above, a file.
    package static let memoryLimit = 256 * 1024

    private let directory: String
    private let queue = DispatchQueue(label: "postern.drafts", attributes: .concurrent)
    private let counter = Counter()

    /// - Throws: `SpoolFailure.unavailable` when the directory cannot be made.
    package init(directory: String) throws {
        self.directory = directory
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw SpoolFailure.unavailable("cannot make \(directory): errno \(errno)")
        }
        removeLeftovers()
    }

    package func makeDraft() -> any Draft {
        FileDraft(path: "\(directory)/\(getpid())-\(counter.next())", queue: queue)
    }

    private func removeLeftovers() {
        guard let listing = opendir(directory) else { return }
        defer { closedir(listing) }
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { unlink("\(directory)/\(name)") }
        }
    }
}

private final class Counter: Sendable {
    private let value = Atomic<UInt64>(0)
    func next() -> UInt64 { value.add(1, ordering: .relaxed).newValue }
}

private actor FileDraft: Draft {
    private let path: String
    private let queue: DispatchQueue
    private var memory: [UInt8] = []
    private var descriptor: Int32 = -1
    private var length = 0
    private var isFinished = false

    init(path: String, queue: DispatchQueue) {
        self.path = path
        self.queue = queue
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if length > 0, !isFinished { unlink(path) }
    }

    func append(_ bytes: [UInt8]) async throws {
        memory += bytes
        if memory.count > FileDrafts.memoryLimit || descriptor >= 0 { try await spill() }
    }

    func finish() async throws -> DraftContent {
        guard descriptor >= 0 else { return .memory(memory) }
        try await spill()
        close(descriptor)
        descriptor = -1
        isFinished = true
        return .file(path: path, length: length)
    }

    func discard() {
        memory = []
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        if length > 0 { unlink(path) }
        length = 0
    }

    // Blocking writes happen on a thread that may block.
    private func spill() async throws {
        if descriptor < 0 {
            descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Self.failure() }
        }
        let bytes = memory
        memory = []
        let target = descriptor
        length += bytes.count
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async {
                continuation.resume(with: Result { try Self.writeAll(bytes, to: target) })
            }
        }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, bytes.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            written += count
        }
    }

    private static func failure() -> SpoolFailure {
        errno == ENOSPC || errno == EDQUOT ? .noSpace : .unavailable("draft: errno \(errno)")
    }
}
