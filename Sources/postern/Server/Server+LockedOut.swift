// SPDX-License-Identifier: Apache-2.0

import Access
import Logging
import Mail
import Sending

extension Server {
    /// Identities and keys listed in one line of the log.
    private static let listed = 50

    /// Says at start-up whom the guardrails leave without a way to send, before the first of them wonders.
    func announceLockedOut(_ trade: Trade) async throws {
        let guardrails = trade.access.guardrails
        if !guardrails.senderDomains.isEmpty {
            let all = try await identities(trade)
            let outside = all.filter { guardrails.senderRefusal($0.name.domain) != nil }
            report(
                outside.map { "\($0.name) (\($0.account))" }, of: all.count, guardrail: "sender-domains",
                what: "identities lie outside it and cannot be sent with")
        }
        let moment = now()
        let aging = trade.access.agingKeys(at: moment).filter { $0.refusedFrom <= moment }
        report(
            aging.map { "\($0.id) of \($0.holder)" },
            of: trade.access.allKeysAreRefused(at: moment) ? aging.count : nil,
            guardrail: "maximum-credential-age", what: "access keys are older and refused")
    }

    private func report(_ names: [String], of count: Int?, guardrail: String, what: String) {
        guard !names.isEmpty else { return }
        let list = names.prefix(Self.listed).joined(separator: ", ") + (names.count > Self.listed ? ", …" : "")
        if names.count == count {
            logger.error("GUARDRAIL \(guardrail) LOCKS OUT EVERY SENDER: all \(names.count) \(what): \(list)")
        } else {
            logger.warning("guardrail \(guardrail): \(names.count) \(what): \(list)")
        }
    }

    private func identities(_ trade: Trade) async throws -> [Identity] {
        var all: [Identity] = []
        for account in trade.access.accountsInOrder {
            var after: String?
            while true {
                let page = try await trade.identities.identities(in: account, after: after, limit: 1_000)
                all += page
                guard page.count == 1_000, let last = page.last else { break }
                after = last.name.description
            }
        }
        return all
    }
}
