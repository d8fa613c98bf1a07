// SPDX-License-Identifier: Apache-2.0

import Compression
import Mail

/// A folder with trails in it, wherever it came from: an archive's root, one bucket, or a copy of one.
package struct TrailFolder: Sendable {
    /// A chain that was found, with the bucket's directory and, inside an archive, the anchor it left.
    package struct Chain: Sendable {
        package let layout: TrailLayout
        package let objects: TrailObjects
        package let anchor: TrailAnchor?
    }

    private static let deepest = 12
    private let path: String

    package init(_ path: String) { self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

    /// The keys that lie in the folder itself: enough against accident, not against whoever can write there.
    package var keys: [TrailPublicKey]? { try? TrailKeyFile(path: "\(path)/\(TrailKeyFile.name)").read() }

    /// Found by the digests: each says itself which bucket and key it was written to.
    package func chains() -> [Chain] {
        var found: [String: Chain] = [:]
        walk(path, 0) { directory, name in
            let file = "\(directory)/\(name)"
            guard name.contains("_CloudTrail-Digest_"), name.hasSuffix(".json.gz"),
                let (layout, root) = layout(directory, name, file),
                found["\(root) \(layout.arn)"] == nil
            else { return }
            let anchor = try? AnchorFile(root: path, layout: layout).read()
            found["\(root) \(layout.arn)"] = Chain(
                layout: layout, objects: TrailObjects(directory: root), anchor: anchor)
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    // `…/PREFIX/AWSLogs/ACCOUNT/CloudTrail-Digest/REGION/2026/11/24` and the name, which ends in `_TRAIL_REGION_TIME.json.gz`.
    private func layout(_ directory: String, _ name: String, _ file: String) -> (TrailLayout, root: String)? {
        let parts = directory.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 7, parts[parts.count - 5] == "CloudTrail-Digest", parts[parts.count - 7] == "AWSLogs",
            let account = AccountID(parts[parts.count - 6])
        else { return nil }
        let region = parts[parts.count - 4]
        let start = "\(account)_CloudTrail-Digest_\(region)_"
        let end = name.utf8.count - start.utf8.count - region.utf8.count - 26
        guard name.hasPrefix(start), end > 0 else { return nil }
        let trail = String(name.dropFirst(start.count).prefix(end))
        guard let octets = DurableFile.read(file, limit: TrailObjects.largest),
            let contents = try? Gzip.expand(octets, limit: TrailObjects.largestContents),
            let digest = TrailDigest(parsing: contents)
        else { return nil }
        let base = parts.dropLast(7).joined(separator: "/")
        let prefix = digest.key.firstRange(of: "AWSLogs/").map { String(digest.key[..<$0.lowerBound].dropLast()) } ?? ""
        guard prefix.isEmpty || base == prefix || base.hasSuffix("/" + prefix) else { return nil }
        let root = prefix.isEmpty ? base : String(base.dropLast(prefix.count + 1))
        return (
            TrailLayout(account: account, region: region, trail: trail, bucket: digest.bucket, prefix: prefix), root
        )
    }

    private func walk(_ directory: String, _ depth: Int, _ visit: (String, String) -> Void) {
        guard depth <= Self.deepest + 8 else { return }
        for entry in DurableFile.list(directory).sorted(by: { $0.name < $1.name }) {
            if entry.isDirectory {
                walk("\(directory)/\(entry.name)", depth + 1, visit)
            } else {
                visit(directory, entry.name)
            }
        }
    }
}
