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

/// One content on its way in. While a write is under way the descriptor is the writer's alone: whoever discards the draft
/// then only says so, or the number would be another file's by the time the octets are written.
actor FileDraft: Draft {
    /// - `open` takes octets: → `writing`, `closed`.
    /// - `writing`: → `open`; `discarded` when nobody wants it any more; `closed` when the write failed.
    /// - `discarded`: the write that is under way closes and removes the file: → `closed`.
    /// - `closed`: finished or removed; takes nothing more.
    private enum State { case open, writing, discarded, closed }

    private let path: String
    private let queue: DispatchQueue
    private var state = State.open
    private var memory: [UInt8] = []
    private var descriptor: Int32 = -1
    private var length = 0

    /// - Parameter queue: where writes may block.
    init(path: String, queue: DispatchQueue) {
        self.path = path
        self.queue = queue
    }

    // No write is under way: it would hold the draft.
    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(path)
    }

    func append(_ bytes: [UInt8]) async throws {
        try requireOpen()
        memory += bytes
        if memory.count > FileDrafts.memoryLimit || descriptor >= 0 { try await spill() }
    }

    func finish() async throws -> DraftContent {
        try requireOpen()
        if descriptor < 0 {
            state = .closed
            defer { memory = [] }
            return .memory(memory)
        }
        try await spill()
        state = .closed
        close(descriptor)
        descriptor = -1
        return .file(path: path, length: length)
    }

    func discard() {
        memory = []
        switch state {
        case .open: remove()
        case .writing: state = .discarded
        case .discarded, .closed: break
        }
    }

    private func requireOpen() throws {
        guard state == .open else { throw SpoolFailure.unavailable("the draft takes nothing more") }
    }

    private func remove() {
        state = .closed
        memory = []
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(path)
    }

    // A write that failed ends the draft: what comes after it would follow a gap.
    private func spill() async throws {
        if descriptor < 0 { try create() }
        let bytes = memory
        memory = []
        state = .writing
        let result = await write(bytes)
        guard case .success = result, state == .writing else {
            remove()
            try result.get()
            throw SpoolFailure.unavailable("the draft was discarded")
        }
        length += bytes.count
        state = .open
    }

    private func create() throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let failure = Self.failure()
            remove()
            throw failure
        }
    }

    // Blocking writes happen on a thread that may block.
    private func write(_ bytes: [UInt8]) async -> Result<Void, any Error> {
        let target = descriptor
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Result { try Self.writeAll(bytes, to: target) }) }
        }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            written += count
        }
    }

    private static func failure() -> SpoolFailure {
        errno == ENOSPC || errno == EDQUOT ? .noSpace : .unavailable("draft: errno \(errno)")
    }
}
