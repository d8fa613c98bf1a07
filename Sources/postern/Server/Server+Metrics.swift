// SPDX-License-Identifier: Apache-2.0

import API
import SMTPListener
import SQLite
import ServiceLifecycle
import Settings

extension Server {
    func metricsServices(_ stores: Stores, _ smtp: SMTPListener) -> [any Service] {
        guard let endpoint = configuration.metrics else { return [] }
        let spool = stores.spool
        return [
            MetricsServer(host: endpoint.host, port: endpoint.port, logger: logger) {
                let waiting = try await spool.waiting()
                return [
                    .init(
                        "postern_queue_deliveries", "Deliveries that wait or are under way, by site.", .gauge,
                        // A label for each domain of a long queue would be a burden to whoever collects it.
                        waiting.sorted { $0.value > $1.value }.prefix(100).map { (["site": $0.key], $0.value) }),
                    .init(
                        "postern_queue_deliveries_all", "Deliveries that wait or are under way.", .gauge,
                        [([:], waiting.values.reduce(0, +))]),
                    .init("postern_smtp_sessions", "Open SMTP sessions.", .gauge, [([:], smtp.sessionCount)]),
                    .init(
                        "postern_spool_commits_total", "Synced transactions of the spool since the start.", .counter,
                        [([:], spool.engine.commitCount)]),
                ]
            }
        ]
    }
}
