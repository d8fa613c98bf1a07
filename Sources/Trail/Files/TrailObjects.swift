// SPDX-License-Identifier: Apache-2.0

import Compression
import Glibc
package import Mail

/// The buckets of trails on disk: `ROOT/objects/ACCOUNT/BUCKET/KEY`, each file with what S3 calls its metadata beside it.
///
/// A file appears whole or not at all, and is durable before the call returns. Keys never leave the bucket.
package struct TrailObjects: Sendable {
    /// Octets of one file, compressed.
    package static let largest = 64 << 20
    /// Octets of one file's contents before compression.
    package static let largestContents = 256 << 20

    private static let beside = ".signature"

    /// One bucket's own directory.
    package let directory: String

    package init(root: String, account: AccountID, bucket: String) {
        directory = "\(root)/objects/\(account)/\(bucket)"
    }

    /// A bucket that was copied elsewhere.
    package init(directory: String) { self.directory = directory }

    /// Whether the name is one that S3 gives buckets: it becomes the name of a directory.
    package static func isBucket(_ name: String) -> Bool {
        let octets = Array(name.utf8)
        guard (3...63).contains(octets.count), !name.contains("..") else { return false }
        let isOrdinary: (UInt8) -> Bool = { (48...57).contains($0) || (97...122).contains($0) }
        return octets.allSatisfy { isOrdinary($0) || $0 == 45 || $0 == 46 }
            && isOrdinary(octets[0]) && isOrdinary(octets[octets.count - 1])
    }

    /// Nil where there is none, or it is larger than files of the trail are.
    package func read(_ key: String) -> [UInt8]? {
        guard let path = path(key) else { return nil }
        return DurableFile.read(path, limit: Self.largest)
    }

    /// Octets, and when it was written.
    package func facts(_ key: String) -> (size: Int, writtenAt: Timestamp)? {
        guard let path = path(key) else { return nil }
        return DurableFile.facts(path)
    }

    /// A digest's signature, in hexadecimal digits.
    package func signature(_ key: String) -> String? {
        guard let path = path(key), let octets = DurableFile.read(path + Self.beside, limit: 8_192) else { return nil }
        return String(decoding: octets, as: UTF8.self)
    }

    /// The contents before compression; nil where they cannot be had.
    func contents(_ key: String) -> [UInt8]? {
        read(key).flatMap { try? Gzip.expand($0, limit: Self.largestContents) }
    }

    func write(_ octets: [UInt8], to key: String, signature: String? = nil) throws {
        guard let path = path(key) else { throw TrailFailure("'\(key)' is no key of a trail's file") }
        // The signature is there before what it signs: nobody ever reads a digest without one.
        if let signature { try DurableFile.write(Array(signature.utf8), to: path + Self.beside) }
        try DurableFile.write(octets, to: path)
    }

    func remove(_ key: String) {
        guard let path = path(key) else { return }
        unlink(path)
        unlink(path + Self.beside)
    }

    /// A page of keys in the order of their octets.
    package struct Page: Sendable {
        package var keys: [String] = []
        /// What keys have in common up to the delimiter.
        package var prefixes: [String] = []
        package var isTruncated = false

        package init() {}

        var count: Int { keys.count + prefixes.count }
    }

    /// - Parameters:
    ///   - marker: only what comes behind it.
    ///   - isFolded: whether keys are shown up to the first `/` behind the prefix only.
    package func list(prefix: String, after marker: String, limit: Int, isFolded: Bool = false) -> Page {
        var page = Page()
        walk("", Query(prefix: prefix, marker: marker, limit: limit, isFolded: isFolded), into: &page)
        return page
    }

    /// Whether there is anything in it.
    package var isInUse: Bool { !list(prefix: "", after: "", limit: 1).keys.isEmpty }

    /// Every key under a prefix.
    package func keys(under prefix: String) -> [String] { list(prefix: prefix, after: "", limit: .max).keys }

    private struct Query {
        let prefix: String
        let marker: String
        let limit: Int
        let isFolded: Bool
    }

    private func walk(_ folder: String, _ query: Query, into page: inout Page) {
        let entries = DurableFile.list(folder.isEmpty ? directory : "\(directory)/\(folder)")
        for entry in entries.map({ $0.isDirectory ? $0.name + "/" : $0.name }).sorted(by: Self.precedes) {
            let key = folder + entry
            let isFolder = entry.hasSuffix("/")
            guard key.hasPrefix(query.prefix) || (isFolder && query.prefix.hasPrefix(key)) else { continue }
            if isFolder {
                // All beneath comes before the marker.
                if !query.marker.hasPrefix(key), Self.precedes(key, query.marker) { continue }
                if query.isFolded, key.utf8.count > query.prefix.utf8.count, key.hasPrefix(query.prefix) {
                    guard Self.precedes(query.marker, key) else { continue }
                    guard page.count < query.limit else {
                        page.isTruncated = true
                        return
                    }
                    page.prefixes.append(key)
                } else {
                    walk(key, query, into: &page)
                }
            } else if Self.isObject(entry), Self.precedes(query.marker, key) {
                guard page.count < query.limit else {
                    page.isTruncated = true
                    return
                }
                page.keys.append(key)
            }
            if page.isTruncated { return }
        }
    }

    private static func isObject(_ name: String) -> Bool { !name.hasSuffix(beside) && !name.hasSuffix(".new") }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private func path(_ key: String) -> String? {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard key.utf8.count <= 1_024, !key.utf8.contains(0), Self.isObject(key),
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 })
        else { return nil }
        return "\(directory)/\(key)"
    }
}
