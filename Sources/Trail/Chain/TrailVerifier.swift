// SPDX-License-Identifier: Apache-2.0

package import Mail

/// One thing that was found wrong, or is worth knowing, about a trail's files.
package struct TrailFinding: Hashable, Sendable {
    /// The file; the trail's name where it is about none.
    package let subject: String
    /// In words.
    package let what: String

    package init(_ subject: String, _ what: String) {
        self.subject = subject
        self.what = what
    }
}

/// What verifying a trail came to.
package struct TrailVerdict: Hashable, Sendable {
    package var digests = 0
    package var logs = 0
    /// Newest first, as the chain is followed; the first is the first broken link. At most `maximumFindings`.
    package var broken: [TrailFinding] = []
    /// Places where the trail was stopped and began again, and the like.
    package var notes: [TrailFinding] = []
    /// Records that no digest covers yet.
    package var undigested = 0
    /// The time that valid digests cover.
    package var from: Timestamp?
    package var to: Timestamp?
    /// There was more to say.
    package var isCut = false

    package static let maximumFindings = 1_000

    package init() {}

    package var isWhole: Bool { broken.isEmpty }

    mutating func breaks(_ subject: String, _ what: String) {
        guard broken.count < Self.maximumFindings else {
            isCut = true
            return
        }
        broken.append(TrailFinding(subject, what))
    }

    mutating func notes(_ subject: String, _ what: String) {
        guard notes.count < Self.maximumFindings else {
            isCut = true
            return
        }
        notes.append(TrailFinding(subject, what))
    }
}

/// Follows a trail's chain from its newest digest to its oldest, and opens every log file that it names.
package struct TrailVerifier: Sendable {
    private let layout: TrailLayout
    private let objects: TrailObjects
    private let keys: [String: TrailPublicKey]
    /// Where the chain ends, from somebody who knows; nil leaves a missing end unseen.
    private let anchor: TrailAnchor?

    package init(_ layout: TrailLayout, in objects: TrailObjects, keys: [TrailPublicKey], anchor: TrailAnchor?) {
        self.layout = layout
        self.objects = objects
        self.keys = Dictionary(keys.map { ($0.fingerprint, $0) }, uniquingKeysWith: { first, _ in first })
        self.anchor = anchor
    }

    package func verify() -> TrailVerdict {
        var verdict = TrailVerdict()
        let present = objects.keys(under: layout.digestPrefix).filter(layout.isDigest)
        checkEnd(present, &verdict)
        var named: Set<String> = []
        var oldest: TrailDigest?
        var younger: TrailDigest?
        for key in expected(present) {
            let digest = check(key, younger, &verdict)
            for log in digest?.logs ?? [] {
                if !named.insert(log.key).inserted { verdict.breaks(log.key, "stands in two digests") }
                check(log, &verdict)
            }
            // Where a digest cannot be read, the next one is followed by name.
            younger = digest
            oldest = digest ?? oldest
        }
        checkBeginning(oldest, &verdict)
        checkWaiting(named, &verdict)
        return verdict
    }

    // Newest first: what is there, and what the anchor says must be.
    private func expected(_ present: [String]) -> [String] {
        var keys = Set(present)
        if let newest = anchor?.newest, newest.bucket == layout.bucket { keys.insert(newest.key) }
        return keys.sorted { $1.utf8.lexicographicallyPrecedes($0.utf8) }
    }

    private func checkEnd(_ present: [String], _ verdict: inout TrailVerdict) {
        guard let newest = anchor?.newest else {
            if anchor != nil, let last = present.last {
                verdict.notes(last, "the chain has begun anew since this digest")
            }
            return
        }
        for key in present where newest.key.utf8.lexicographicallyPrecedes(key.utf8) {
            verdict.breaks(key, "comes after the newest digest that was written: it is not of this server's making")
        }
        if let signature = objects.signature(newest.key), signature != newest.signature {
            verdict.breaks(newest.key, "has another signature than the newest digest got when it was written")
        } else if let contents = objects.contents(newest.key), TrailHash.sha256(contents) != newest.hash {
            verdict.breaks(newest.key, "is not the newest digest as it was written")
        }
    }

    /// Nil for a digest that nothing can be read from.
    private func check(_ key: String, _ younger: TrailDigest?, _ verdict: inout TrailVerdict) -> TrailDigest? {
        if let younger { followLink(of: younger, to: key, &verdict) }
        guard objects.facts(key) != nil else {
            verdict.breaks(key, "the digest is missing")
            return nil
        }
        guard let contents = objects.contents(key), let digest = TrailDigest(parsing: contents) else {
            verdict.breaks(key, "the digest cannot be read: it was altered")
            return nil
        }
        guard digest.key == key, digest.bucket == layout.bucket, digest.account == layout.account.description else {
            verdict.breaks(key, "holds the digest \(digest.bucket)/\(digest.key): it was moved or swapped")
            return nil
        }
        if let fault = signatureFault(digest, contents) {
            verdict.breaks(key, fault)
            return nil
        }
        if let link = younger?.previous, link.key == key, link.hash != TrailHash.sha256(contents) {
            verdict.breaks(key, "is not the digest that the next one refers to: its contents differ")
        }
        if let link = younger?.previous, link.key == key, link.signature != objects.signature(key) {
            verdict.breaks(key, "is not the digest that the next one refers to: its signature differs")
        }
        verdict.digests += 1
        verdict.from = min(verdict.from ?? digest.start, digest.start)
        verdict.to = max(verdict.to ?? digest.end, digest.end)
        return digest
    }

    private func followLink(of younger: TrailDigest, to key: String, _ verdict: inout TrailVerdict) {
        guard let link = younger.previous else {
            return verdict.notes(
                younger.key, "begins a chain: no records were delivered before \(TrailMoment.extended(younger.start))")
        }
        guard link.bucket == layout.bucket else {
            return verdict.notes(younger.key, "goes on from the bucket \(link.bucket)")
        }
        guard link.key != key else { return }
        if objects.facts(link.key) == nil {
            verdict.breaks(link.key, "the digest is missing, and \(younger.key) refers to it")
        } else {
            verdict.breaks(key, "stands between two digests that follow one another: it does not belong to the chain")
        }
    }

    private func signatureFault(_ digest: TrailDigest, _ contents: [UInt8]) -> String? {
        guard let signature = objects.signature(digest.key) else { return "the digest's signature is missing" }
        guard let key = keys[digest.fingerprint] else {
            return "is signed with the key \(digest.fingerprint), which is none of this server's"
        }
        // A second of room: moments are written in whole ones.
        guard digest.end >= key.validFrom, digest.end <= key.validTo + 1 else {
            return "is signed with the key \(digest.fingerprint), which was not in use at that time"
        }
        guard let octets = TrailHash.octets(signature), key.verifies(octets, of: digest.stringToSign(contents)) else {
            return "the digest's signature is wrong: it or the signature was altered"
        }
        return nil
    }

    private func check(_ log: TrailDigest.Log, _ verdict: inout TrailVerdict) {
        guard log.bucket == layout.bucket else { return }
        guard objects.facts(log.key) != nil else { return verdict.breaks(log.key, "the log file is missing") }
        guard let contents = objects.contents(log.key) else {
            return verdict.breaks(log.key, "the log file cannot be read: it was altered")
        }
        guard TrailHash.sha256(contents) == log.hash else {
            return verdict.breaks(log.key, "the log file was altered, or is another one: its hash differs")
        }
        verdict.logs += 1
    }

    private func checkBeginning(_ oldest: TrailDigest?, _ verdict: inout TrailVerdict) {
        guard let oldest, let link = oldest.previous, link.bucket == layout.bucket, objects.facts(link.key) == nil
        else {
            return
        }
        if anchor?.oldestKept == oldest.key {
            verdict.notes(oldest.key, "is the oldest that is kept")
        } else {
            verdict.breaks(link.key, "the digest is missing, and \(oldest.key) refers to it")
        }
    }

    // Log files that no digest names: the newest ones are waited for, others were put there.
    private func checkWaiting(_ named: Set<String>, _ verdict: inout TrailVerdict) {
        var waiting: Set<String> = []
        for entry in anchor?.waiting ?? [] where entry.log.bucket == layout.bucket {
            waiting.insert(entry.log.key)
            check(entry.log, &verdict)
        }
        for key in objects.keys(under: layout.logPrefix) where !named.contains(key) && !waiting.contains(key) {
            if anchor == nil {
                verdict.notes(key, "no digest names this log file: it is newer than the last one, or was put there")
            } else if key.hasSuffix(".json.gz") {
                verdict.breaks(key, "no digest names this log file: its digest is missing, or it was put there")
            }
        }
    }
}
