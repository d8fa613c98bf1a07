// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Trail

/// Verifies the chains of the caller's account where they lie, with their ends: what is on disk, what the archive knows
/// of it, and what the local trail holds.
struct DescribeTrailChain: Operation {
    static let route = Route.json(prefix: "Postern")

    struct Input: Decodable {
        /// One trail alone.
        var trailName: String?
    }
    struct Finding: Encodable {
        let subject: String
        let what: String
    }
    struct Chain: Encodable {
        let trailARN: String
        let whole: Bool
        let digests: Int
        let logFiles: Int
        /// Records that no digest covers yet.
        let undigestedRecords: Int
        let newestDigest: String?
        let newestSequence: Int
        let from: Moment?
        let to: Moment?
        let broken: [Finding]
        let notes: [Finding]
        /// There was more to say.
        let truncated: Bool
    }
    struct Output: Encodable { let chains: [Chain] }

    let access: AccessControl
    let book: TrailBook
    let archive: TrailArchive

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try access.require("postern:DescribeTrailChain", as: caller, code: "AccessDeniedException")
        let trails = try await book.trails(of: caller.account).filter { trail in
            input.trailName.map { $0 == trail.name || $0 == trail.arn } ?? true
        }
        if let name = input.trailName, trails.isEmpty {
            throw ServiceError("NotFoundException", "Trail \(name.prefix(200)) does not exist.", status: 404)
        }
        var chains: [Chain] = []
        for trail in trails {
            guard let copy = trail.copy else { continue }
            chains.append(try await describe(trail, copy))
        }
        return Output(chains: chains)
    }

    private func describe(_ trail: TrailDefinition, _ copy: TrailCopy) async throws -> Chain {
        let anchor = try await archive.anchor(of: trail.layout) ?? TrailAnchor()
        let verdict = try await archive.verify(copy, anchor: anchor, now: book.now())
        func moment(_ value: Timestamp?) -> Moment? { value.map { Moment(milliseconds: $0.milliseconds) } }
        return Chain(
            trailARN: trail.arn, whole: verdict.isWhole, digests: verdict.digests, logFiles: verdict.logs,
            undigestedRecords: verdict.undigested, newestDigest: anchor.newest?.key,
            newestSequence: Int(anchor.position), from: moment(verdict.from), to: moment(verdict.to),
            broken: verdict.broken.map { Finding(subject: $0.subject, what: $0.what) },
            notes: verdict.notes.map { Finding(subject: $0.subject, what: $0.what) }, truncated: verdict.isCut)
    }
}
