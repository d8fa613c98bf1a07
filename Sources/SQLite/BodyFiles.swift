// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Glibc
import Mail
import Queue

/// Bodies too large for a row: one synced file each, named by the message's id.
///
/// A file is synced, and in place, before the transaction that names it, and removed after the one that forgets its
/// message. A crash in between leaves a file that nobody names; the sweep at start removes it.
struct BodyFiles: Sendable {
    enum Stored: Sendable {
        case memory([UInt8])
        case file(String, offset: Int, length: Int)
    }

    private let directory: String
    private let queue = DispatchQueue(label: "postern.bodies", attributes: .concurrent)

    init(directory: String) throws {
        self.directory = directory
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// Makes a message's body ready to be named by a row.
    func adopt(_ message: SpooledMessage) async throws -> Stored {
        switch message.content.body {
        case .memory(let bytes) where bytes.count <= FileDrafts.memoryLimit: return .memory(bytes)
        case .memory(let bytes):
            let name = message.id.description
            try await blocking { try self.create(name, bytes) }
            return .file(name, offset: 0, length: bytes.count)
        case .file(let path, let offset, let length):
            let name = message.id.description
            try await blocking { try self.keep(path, as: name) }
            return .file(name, offset: offset, length: length)
        }
    }

    func remove(_ name: String) { unlink(path(name)) }

    func removeAll(except named: Set<String>) {
        let present = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for name in present where !named.contains(name) { remove(name) }
    }

    private func keep(_ draft: String, as name: String) throws {
        try sync(draft, flags: O_RDONLY)
        guard rename(draft, path(name)) == 0 else { throw Self.failure("rename") }
        try sync(directory, flags: O_RDONLY | O_DIRECTORY)
    }

    private func create(_ name: String, _ bytes: [UInt8]) throws {
        let descriptor = open(path(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open") }
        defer { close(descriptor) }
        do {
            try Self.write(bytes, to: descriptor)
            guard fsync(descriptor) == 0 else { throw Self.failure("fsync") }
            try sync(directory, flags: O_RDONLY | O_DIRECTORY)
        } catch {
            remove(name)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write") }
            rest = rest.dropFirst(count)
        }
    }

    private func sync(_ path: String, flags: Int32) throws {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure("fsync") }
    }

    private func blocking(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }

    private static func failure(_ call: String) -> SpoolFailure {
        errno == ENOSPC || errno == EDQUOT ? .noSpace : .unavailable("\(call): errno \(errno)")
    }
}
