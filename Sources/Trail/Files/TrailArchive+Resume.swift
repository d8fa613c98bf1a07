// SPDX-License-Identifier: Apache-2.0

import Mail

extension TrailArchive {
    /// The anchor as it was left, put right with what the files say.
    func resume(_ copy: TrailCopy) async throws -> TrailAnchor {
        let objects = objects(copy.layout)
        let keys = try await keyring.publicKeys()
        var anchor = try AnchorFile(root: root, layout: copy.layout).read() ?? TrailAnchor()
        let last = anchor.newest?.key ?? ""
        for key in objects.list(prefix: copy.layout.digestPrefix, after: last, limit: .max).keys
        where copy.layout.isDigest(key) {
            guard let contents = objects.contents(key), let digest = TrailDigest(parsing: contents),
                digest.key == key, let signature = objects.signature(key),
                digest.previous == nil || digest.previous?.signature == anchor.newest?.signature,
                let octets = TrailHash.octets(signature),
                keys.first(where: { $0.fingerprint == digest.fingerprint })?
                    .verifies(octets, of: digest.stringToSign(contents)) == true
            else { continue }
            if digest.previous == nil { anchor.since = digest.start }
            let sequences = digest.logs.compactMap { copy.layout.sequences(of: $0.key)?.upperBound }
            anchor.position = max(anchor.position, sequences.max() ?? 0)
            anchor.take(digest, hash: TrailHash.sha256(contents), signature: signature)
            anchor.digested = anchor.position
        }
        let known = Set(anchor.waiting.map(\.log.key))
        for key in objects.keys(under: copy.layout.logPrefix) where !known.contains(key) {
            guard let first = copy.layout.sequences(of: key)?.lowerBound, first > anchor.position else { continue }
            objects.remove(key)
        }
        anchors[copy.layout] = anchor
        return anchor
    }
}

extension TrailAnchor {
    mutating func take(_ digest: TrailDigest, hash: String, signature: String) {
        let named = Set(digest.logs.map(\.key))
        waiting.removeAll { named.contains($0.log.key) }
        newest = .init(bucket: digest.bucket, key: digest.key, hash: hash, signature: signature)
        newestEnd = digest.end
    }
}
