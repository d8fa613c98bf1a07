// SPDX-License-Identifier: Apache-2.0

import Compression
package import DNS
package import Logging
package import Mail
package import Queue
import Reports

/// Tells recipient domains how TLS with them went, once a day (RFC 8460).
///
/// A span is reported after it ended, some time within the next four hours, so that not everybody reports at midnight.
/// A report that finds no way is tried again each hour, for a day (§5); then its counts are dropped. A domain that asks
/// for no reports gets none.
package struct TLSReporter: Sendable {
    package struct Settings: Sendable {
        package var organization: String
        /// Who reports: the address in From and the contact in the report; its domain's key signs.
        package var sender: Mailbox
        /// Whose mail the reports are.
        package var account: AccountID
        /// Seconds that one report covers.
        package var span = 86_400.0
        /// Seconds that a report is put off by at most, after the span's end.
        package var spread = 14_400.0
        package var retryInterval = 3_600.0

        package init(organization: String, sender: Mailbox, account: AccountID) {
            self.organization = organization
            self.sender = sender
            self.account = account
        }
    }

    package struct Parts: Sendable {
        package var store: any TLSResultStore
        package var dns: any DNSLookup
        package var mail: any SystemMail
        package var poster: any ReportPosting
        package var now: Now
        package var random: RandomBits
        package var logger: Logger

        package init(
            store: any TLSResultStore, dns: any DNSLookup, mail: any SystemMail, poster: any ReportPosting,
            now: @escaping Now, random: @escaping RandomBits, logger: Logger
        ) {
            self.store = store
            self.dns = dns
            self.mail = mail
            self.poster = poster
            self.now = now
            self.random = random
            self.logger = logger
        }
    }

    private let settings: Settings
    private let parts: Parts

    package init(_ settings: Settings, _ parts: Parts) {
        self.settings = settings
        self.parts = parts
    }

    /// Seconds until the next time to report: after the end of the span, or sooner where something waits.
    package func delay(hasWaiting: Bool) -> Double {
        let moment = parts.now()
        let end = moment.start(ofSpan: settings.span) + settings.span
        let share = Double(parts.random() % 10_000) / 10_000
        let regular = (end - moment) + share * settings.spread
        return hasWaiting ? min(settings.retryInterval, regular) : regular
    }

    /// Reports on every span that has ended.
    /// - Returns: whether a report waits for another try.
    package func report() async throws -> Bool {
        let current = parts.now().start(ofSpan: settings.span)
        var waits = false
        for (start, domain) in try await parts.store.domains(before: current) {
            guard !Task.isCancelled else { return true }
            if try await report(on: domain, from: start) || isOver(start) {
                try await parts.store.remove(domain, from: start)
            } else {
                waits = true
            }
        }
        return waits
    }

    private func isOver(_ start: Timestamp) -> Bool { parts.now() - start >= settings.span + 86_400 }

    /// - Returns: whether there is nothing left to do.
    private func report(on domain: Domain, from start: Timestamp) async throws -> Bool {
        let answer = await parts.dns.txt("_smtp._tls.\(domain)")
        if case .failed = answer.status { return false }
        guard let record = TLSReportRecord.only(among: answer.records.map(\.text)) else { return true }
        let report = compose(try await parts.store.counts(of: domain, from: start), domain, start)
        var sent = 0
        for destination in record.destinations {
            do {
                try await send(report, to: destination, domain)
                sent += 1
            } catch {
                parts.logger.warning(
                    "a TLS report could not be sent",
                    metadata: ["recipient-domain": "\(domain)", "error": "\(error)"])
            }
        }
        return sent > 0
    }

    private func send(_ report: TLSReport, to destination: TLSReportRecord.Destination, _ domain: Domain) async throws {
        switch destination {
        case .mailbox(let recipient):
            let submitter = settings.sender.domain
            let mail = try report.mail(
                from: settings.sender, to: recipient, on: domain, submitter: submitter, random: parts.random)
            try await parts.mail.send(
                SystemMessage(account: settings.account, to: recipient, content: mail, signingDomain: submitter))
        case .web(let address): try await parts.poster.post(try Gzip.compress(try report.json(), .best), to: address)
        }
    }
}

// MARK: - Composing

extension TLSReporter {
    private func compose(_ counts: [TLSCount], _ domain: Domain, _ start: Timestamp) -> TLSReport {
        var order: [AppliedPolicy] = []
        var policies: [AppliedPolicy: TLSReport.Policy] = [:]
        for count in counts {
            if policies[count.policy] == nil { order.append(count.policy) }
            Self.add(count, to: &policies[count.policy, default: count.policy.empty(domain)])
        }
        return TLSReport(
            organization: settings.organization, contact: settings.sender.description, id: id(start), start: start,
            end: start + settings.span, policies: order.compactMap { policies[$0] })
    }

    private static func add(_ count: TLSCount, to policy: inout TLSReport.Policy) {
        guard let failure = count.failure else {
            policy.successes += count.sessions
            return
        }
        policy.failures.append(
            TLSReport.Failure(
                type: failure.type, sendingAddress: nil, receivingHost: failure.host, receivingAddress: nil,
                sessions: count.sessions, reason: failure.words.isEmpty ? nil : failure.words))
    }

    private func id(_ start: Timestamp) -> String {
        "\(start.description.prefix(10))-\(String(parts.random(), radix: 36))"
    }
}

extension AppliedPolicy {
    fileprivate func empty(_ domain: Domain) -> TLSReport.Policy {
        TLSReport.Policy(kind: kind, strings: strings, domain: domain, hosts: hosts, successes: 0, failures: [])
    }
}
