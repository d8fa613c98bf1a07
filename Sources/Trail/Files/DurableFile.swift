// SPDX-License-Identifier: Apache-2.0

import Glibc
import Mail

/// Files that are there whole, or not at all.
enum DurableFile {
    /// Writes beside, syncs, takes the place, and syncs the directories that were made or changed.
    static func write(_ octets: [UInt8], to path: String) throws {
        let folder = parent(path)
        try makeFolder(folder)
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("cannot be written", path) }
        var written = 0
        let isWritten = octets.withUnsafeBytes { buffer in
            while written < buffer.count {
                let count = Glibc.write(file, buffer.baseAddress.map { $0 + written }, buffer.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                written += count
            }
            return true
        }
        let isSynced = isWritten && fsync(file) == 0
        let fault = errno
        close(file)
        errno = fault
        guard isSynced, rename(temporary, path) == 0 else {
            let error = failure("cannot be written", path)
            unlink(temporary)
            throw error
        }
        try sync(folder)
    }

    /// Nil where there is none, or it is larger.
    static func read(_ path: String, limit: Int) -> [UInt8]? {
        guard let facts = facts(path), facts.size <= limit else { return nil }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var octets = [UInt8](repeating: 0, count: facts.size)
        var count = 0
        while count < octets.count {
            let got = octets.withUnsafeMutableBytes { buffer in
                Glibc.read(file, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { break }
            count += got
        }
        return Array(octets.prefix(count))
    }

    /// Of an ordinary file.
    static func facts(_ path: String) -> (size: Int, writtenAt: Timestamp)? {
        var entry = stat()
        guard lstat(path, &entry) == 0, entry.st_mode & S_IFMT == S_IFREG else { return nil }
        return (Int(entry.st_size), Timestamp(seconds: Int64(entry.st_mtim.tv_sec)))
    }

    static func list(_ folder: String) -> [(name: String, isDirectory: Bool)] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var entries: [(name: String, isDirectory: Bool)] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            var kind = stat()
            guard lstat("\(folder)/\(name)", &kind) == 0 else { continue }
            if kind.st_mode & S_IFMT == S_IFDIR { entries.append((name, true)) }
            if kind.st_mode & S_IFMT == S_IFREG { entries.append((name, false)) }
        }
        return entries
    }

    private static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) == 0 { return try sync(parent(path)) }
        if errno == EEXIST { return }
        guard errno == ENOENT, path.contains("/"), parent(path) != path else { throw failure("cannot be made", path) }
        try makeFolder(parent(path))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("cannot be made", path) }
        try sync(parent(path))
    }

    private static func sync(_ folder: String) throws {
        let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { throw failure("cannot be opened", folder) }
        defer { close(handle) }
        guard fsync(handle) == 0 else { throw failure("cannot be synced", folder) }
    }

    private static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func failure(_ what: String, _ path: String) -> TrailFailure {
        TrailFailure("\(path) \(what): \(String(cString: strerror(errno)))")
    }
}
