// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Content on its way in: in memory up to a bound, in a file beyond it, so that a 40 MB message is never 40 MB of memory.
///
/// A draft belongs to one session. `finish()` does not sync: a file is synced by the spool when the message is accepted.
/// A draft that is dropped removes its file; one that was finished or discarded takes nothing more.
package protocol Draft: Sendable {
    /// Adds octets. Suspends while the file is written, which is the back-pressure a door needs.
    func append(_ bytes: [UInt8]) async throws
    func finish() async throws -> DraftContent
    func discard() async
}

/// Whole content as a door received it.
package enum DraftContent: Hashable, Sendable {
    case memory([UInt8])
    case file(path: String, length: Int)
}

/// Makes drafts; the spool's directory is where their files lie, so that acceptance only has to sync and keep them.
package protocol DraftFactory: Sendable {
    func makeDraft() -> any Draft
}

extension DraftContent {
    package var length: Int {
        switch self {
        case .memory(let bytes): bytes.count
        case .file(_, let length): length
        }
    }

    /// Removes the file of content that was not accepted.
    package func remove() {
        if case .file(let path, _) = self { unlink(path) }
    }

    /// Lends the first `limit` octets.
    package func withPrefix<Result>(_ limit: Int, _ body: ([UInt8]) throws -> Result) throws -> Result {
        switch self {
        case .memory(let bytes): try body(bytes)
        case .file(let path, _): try MappedFile(path: path).withBytes { try body(Array($0.prefix(limit))) }
        }
    }
}
