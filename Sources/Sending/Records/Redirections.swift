// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Journal
import Mail

/// Where somebody is sent who followed the link of a mail that an account wrote itself: the template's addresses as they
/// were when it was sent. They stay here and never in the link, which would lead wherever somebody wrote into it.
struct Redirections: Sendable {
    struct Redirection: Codable, Hashable, Sendable {
        /// Of the identity then: one that was deleted and made again has nothing to do with it.
        let token: String
        let success: String
        let failure: String
    }

    private static let kind = "verification-redirection"

    let store: any RecordStore

    func put(_ template: VerificationTemplate, for identity: Identity, recording fact: Fact) async throws {
        let redirection = Redirection(
            token: identity.verificationToken, success: template.successURL, failure: template.failureURL)
        let content = Array(try JSONEncoder().encode(redirection))
        for replacing in [true, false] {
            let isDone = try await store.put(
                Self.kind, identity.name.description, in: identity.account, content: content, replacing: replacing,
                recording: fact)
            if isDone { return }
        }
    }

    func find(for identity: Identity) async throws -> Redirection? {
        guard
            let content = try await store.record(Self.kind, identity.name.description, in: identity.account)
        else { return nil }
        let redirection = try JSONDecoder().decode(Redirection.self, from: Data(content))
        return redirection.token == identity.verificationToken ? redirection : nil
    }
}
