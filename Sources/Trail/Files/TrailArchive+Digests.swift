// SPDX-License-Identifier: Apache-2.0

import Compression
import Mail

/// Digests, which come, and go when their time is over.
extension TrailArchive {
    func digest(_ copy: TrailCopy, _ anchor: inout TrailAnchor, at end: Timestamp) async throws {
        let start = anchor.newestEnd ?? anchor.since ?? copy.since
        // Whole seconds are in its name: no two digests share one.
        guard end.seconds > start.seconds || anchor.newestEnd == nil else { return }
        let key = try await keyring.signer(from: start, to: end)
        try writePublicKeys(await keyring.publicKeys())
        let digest = TrailDigest(
            account: copy.layout.account.description, start: start, end: end, bucket: copy.layout.bucket,
            key: copy.layout.digestKey(endingAt: end), fingerprint: key.publicKey.fingerprint,
            previous: anchor.newest, logs: anchor.waiting.map(\.log))
        let contents = digest.json
        let signature = try key.sign(digest.stringToSign(contents))
        try objects(copy.layout).write(try Gzip.compress(contents, .usual), to: digest.key, signature: signature)
        anchor.take(digest, hash: TrailHash.sha256(contents), signature: signature)
        anchor.digested = anchor.position
        try keep(anchor, copy)
    }

    func prune(_ copy: TrailCopy, _ anchor: inout TrailAnchor, before horizon: Timestamp) throws {
        let objects = objects(copy.layout)
        var removed: [TrailDigest] = []
        var oldestKept = anchor.newest?.key
        for key in objects.keys(under: copy.layout.digestPrefix)
        where copy.layout.isDigest(key) && key != anchor.newest?.key {
            guard let digest = objects.contents(key).flatMap(TrailDigest.init(parsing:)), digest.end < horizon else {
                oldestKept = key
                break
            }
            removed.append(digest)
        }
        guard !removed.isEmpty else { return }
        // Noted first: a file that is still there is no fault, one that is missing is.
        anchor.oldestKept = oldestKept
        try keep(anchor, copy)
        for digest in removed {
            for log in digest.logs { objects.remove(log.key) }
            objects.remove(digest.key)
        }
    }

    // For whoever verifies a copy of the directory elsewhere.
    private func writePublicKeys(_ keys: [TrailPublicKey]) throws {
        let file = TrailKeyFile(path: "\(root)/\(TrailKeyFile.name)")
        guard file.octets(keys) != DurableFile.read(file.path, limit: 1 << 20) else { return }
        try DurableFile.write(file.octets(keys), to: file.path)
    }
}
