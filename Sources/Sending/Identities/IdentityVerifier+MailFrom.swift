// SPDX-License-Identifier: Apache-2.0

import DNS
import Mail

/// MAIL FROM domains: one MX that leads here, and one SPF record (RFC 7208) that lets somebody send.
extension IdentityVerifier {
    /// Seconds between looks at one that is settled, so that an MX that vanishes is missed.
    static let mailFromInterval = 3_600.0

    /// One round over the MAIL FROM domains that wait, and those that were not looked at for an hour.
    func checkMailFrom() async throws {
        let due = try await store.identitiesWithMailFrom(
            checkedBefore: now() + -Self.mailFromInterval, limit: 10_000)
        for identity in due { try await checkMailFrom(of: identity) }
    }

    /// One look for one identity's MAIL FROM domain.
    package func checkMailFrom(of identity: Identity) async throws {
        guard let mailFrom = identity.mailFrom else { return }
        let look = await look(at: mailFrom.domain)
        let moment = now()
        do {
            try await store.change(identity.name, in: identity.account, recording: nil) { current in
                // Another domain, or the same set anew, is another question.
                guard current.mailFrom?.domain == mailFrom.domain, current.mailFrom?.since == mailFrom.since else {
                    throw IdentitySuperseded()
                }
                current.mailFrom?.note(look, at: moment)
            }
            book.forget(identity.name, in: identity.account)
        } catch is IdentitySuperseded {
            return
        } catch IdentityFailure.notFound {
            return
        }
    }

    private func look(at domain: Domain) async -> MailFromLook {
        let exchangers = await dns.mx(domain.description)
        switch exchangers.status {
        case .failed: return .unknown
        case .noName: return .missed(.hostNotFound)
        case .noData: return .missed(.typeNotFound)
        case .found: break
        }
        // Another exchanger beside ours would get reports that nobody reads.
        guard exchangers.records.count == 1, exchangers.records[0].exchange == feedbackHost.description else {
            return .missed(.invalidValue)
        }
        let texts = await dns.txt(domain.description)
        switch texts.status {
        case .failed: return .unknown
        case .noName, .noData: return .missed(.typeNotFound)
        case .found: break
        }
        let policies = texts.records.map(\.text).filter(SPFRecord.isOne)
        guard !policies.isEmpty else { return .missed(.typeNotFound) }
        return policies.count == 1 && SPFRecord.letsSomebodySend(policies[0]) ? .found : .missed(.invalidValue)
    }
}

/// As much of SPF (RFC 7208) as tells a record that was forgotten from one that was thought of.
enum SPFRecord {
    /// `v=spf1`, and then a space or the end (§4.5).
    static func isOne(_ text: String) -> Bool {
        let first = text.prefix { $0 != " " }
        return first.lowercased() == "v=spf1"
    }

    /// Whether a term could match a sender: not only `-all`.
    static func letsSomebodySend(_ text: String) -> Bool {
        text.split(separator: " ").dropFirst().contains { term in
            let name = term.lowercased()
            if name.hasPrefix("redirect=") { return true }
            if let qualifier = name.first, "-~?".contains(qualifier) { return false }
            return ["include:", "a", "mx", "ip4:", "ip6:", "exists:", "ptr", "+"].contains { name.hasPrefix($0) }
        }
    }
}
