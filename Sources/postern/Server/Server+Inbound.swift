// SPDX-License-Identifier: Apache-2.0

import API
import Logging
import NIOPosix
import NIOSSL
import Receiving
import SMTPListener
import ServiceLifecycle
import Settings

extension Server {
    /// The listener for what comes back; nil where none is configured.
    func inboundListener(_ inbound: Inbound, _ stores: Stores) throws -> SMTPListener? {
        guard !configuration.smtp.inbound.isEmpty else { return nil }
        let tls = try Certificates.server(configuration.smtp.tls, hostname: configuration.smtp.hostname)
        return SMTPListener(
            inbound: configuration.smtp.inbound.map { ListenerConfiguration(host: $0.host, port: $0.port) },
            hostname: configuration.smtp.hostname, sslContext: try NIOSSLContext(configuration: tls),
            service: ReceptionService(reception: inbound.reception, domain: inbound.domain, drafts: stores.drafts),
            group: MultiThreadedEventLoopGroup.singleton, logger: logger)
    }

    /// Who reads the journal for the senders, and who watches the keys.
    func feedbackServices(_ inbound: Inbound) -> [any Service] {
        [
            JournalService(name: FeedbackForwarder.name, logger: logger) { try await inbound.forwarder.read() },
            ReturnPathKeyWatch(secrets: inbound.secrets, keys: inbound.keys, logger: logger),
        ]
    }
}

extension Inbound {
    /// Counts for the metrics.
    var samples: [MetricsServer.Metric] {
        [
            .init(
                "postern_reports_total", "Inbound mail, and recipients in reports, by what they turned out to be.",
                .counter,
                reception.counts.kinds.map { (["kind": $0.0.rawValue], $0.1) }),
            .init(
                "postern_reports_refused_total", "Reports and return paths that were not believed, by reason.",
                .counter,
                reception.counts.refusals.map { (["reason": $0.0.rawValue], $0.1) }),
            .init(
                "postern_feedback_notices_total", "Notices of bounces and complaints mailed to senders.", .counter,
                [(["outcome": "sent"], forwarder.sent), (["outcome": "left-out"], forwarder.leftOut)]),
        ]
    }
}

/// A reader of the journal as a service: reads on once a second, and as long as there is more.
struct JournalService: Service {
    let name: String
    let logger: Logger
    /// - Returns: whether there may be more.
    let read: @Sendable () async throws -> Bool

    init(name: String, logger: Logger, read: @escaping @Sendable () async throws -> Bool) {
        self.name = name
        self.logger = logger
        self.read = read
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    while try await read() { try Task.checkCancellation() }
                } catch is CancellationError {
                    return
                } catch {
                    logger.error(
                        "a reader of the journal failed", metadata: ["reader": "\(name)", "error": "\(error)"])
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}
