// SPDX-License-Identifier: Apache-2.0

package import Mail

extension TrailArchive {
    /// Verifies one chain with its end. Files are read away from the archive, which goes on writing: what it adds in the
    /// meantime is newer than the anchor, and looked at again.
    package nonisolated func verify(_ copy: TrailCopy, anchor: TrailAnchor, now: Timestamp) async throws -> TrailVerdict
    {
        var anchor = anchor
        while true {
            let objects = TrailObjects(root: root, account: copy.layout.account, bucket: copy.layout.bucket)
            var verdict = TrailVerifier(
                copy.layout, in: objects, keys: try await keyring.publicKeys(), anchor: anchor
            ).verify()
            try await TrailTail(copy, anchor: anchor, store: store, objects: objects, now: now).verify(&verdict)
            guard let after = try await self.anchor(of: copy.layout), after != anchor, !verdict.isWhole else {
                return verdict
            }
            anchor = after
        }
    }
}
