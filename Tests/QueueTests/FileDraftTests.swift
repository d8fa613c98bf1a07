// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Testing

@testable import Queue

@Suite("File draft")
final class FileDraftTests: Sendable {
    private let directory: String
    private var path: String { directory + "/draft" }

    init() throws {
        directory = NSTemporaryDirectory() + "drafts-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private static let large = [UInt8](repeating: 120, count: FileDrafts.memoryLimit + 1)

    private func makeDraft(_ queue: DispatchQueue = DispatchQueue(label: "test")) -> FileDraft {
        FileDraft(path: path, queue: queue)
    }

    private var exists: Bool { FileManager.default.fileExists(atPath: path) }

    @Test("small content stays in memory, large content is a file with all of it")
    func sizes() async throws {
        let small = makeDraft()
        try await small.append([1, 2])
        try await small.append([3])
        #expect(try await small.finish() == .memory([1, 2, 3]))
        let large = makeDraft()
        try await large.append(Self.large)
        try await large.append([1])
        #expect(try await large.finish() == .file(path: path, length: Self.large.count + 1))
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(Self.large + [1]))
    }

    @Test("discarded while a write is under way, it writes into no other file, and removes its own after it")
    func discardDuringWrite() async throws {
        let queue = DispatchQueue(label: "test")
        queue.suspend()
        let draft = makeDraft(queue)
        let writing = Task { try await draft.append(Self.large) }
        while !exists { await Task.yield() }
        await draft.discard()
        #expect(exists)
        // Whatever is opened now would take the number of a file that was closed too early.
        let victims = (0..<8).map { open("\(directory)/victim-\($0)", O_RDWR | O_CREAT, 0o600) }
        queue.resume()
        await #expect(throws: SpoolFailure.self) { try await writing.value }
        for victim in victims {
            #expect(lseek(victim, 0, SEEK_END) == 0)
            close(victim)
        }
        #expect(!exists)
    }

    @Test("takes nothing after it was discarded or finished, nor during a write", arguments: [true, false])
    func closed(_ isLarge: Bool) async throws {
        let draft = makeDraft()
        try await draft.append(isLarge ? Self.large : [1])
        await draft.discard()
        #expect(!exists)
        await #expect(throws: SpoolFailure.self) { try await draft.append([1]) }
        await #expect(throws: SpoolFailure.self) { try await draft.finish() }
        let finished = makeDraft()
        try await finished.append(isLarge ? Self.large : [1])
        _ = try await finished.finish()
        await finished.discard()
        #expect(exists == isLarge)
        await #expect(throws: SpoolFailure.self) { try await finished.append([1]) }
    }

    @Test("a draft that is dropped removes its file")
    func dropped() async throws {
        try await makeDraft().append(Self.large)
        #expect(!exists)
    }

    @Test("a file that cannot be made ends the draft")
    func noFile() async throws {
        let draft = FileDraft(path: directory + "/nowhere/draft", queue: DispatchQueue(label: "test"))
        for _ in 0..<2 { await #expect(throws: SpoolFailure.self) { try await draft.append(Self.large) } }
    }
}
