// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Mail
import Monitoring
package import Sending

extension SQLiteMetrics: SendCounts {
    package func sums(
        of metric: SendMetric, in account: AccountID, configurationSet: String?, over span: CountedSpan
    ) async throws -> [Int64: Double] {
        guard span.period > 0, span.start < span.end else { return [:] }
        let dimensions = configurationSet.map { [Dimension(MessageDimensions.configurationSet, $0)] } ?? []
        let counted = Metric(MinuteCounter.namespace, metric.rawValue, dimensions)
        return try await engine.read { db in
            // Added up where it lies: two weeks of minutes become a row for each period.
            let statement = try db.cachedStatement(
                sql: """
                    SELECT $1 + (at - $1) / $2 * $2 AS began, sum(sum) AS total FROM sample WHERE series IN (
                        SELECT id FROM series WHERE account = $3 AND namespace = $4 AND name = $5 AND dimensions = $6
                    ) AND period IN (60, 300, 3600) AND period <= $2 AND at >= $1 AND at < $7 GROUP BY began
                    """)
            let rows = try Row.fetchAll(
                statement,
                arguments: [
                    span.start, span.period, account.description, counted.namespace, counted.name,
                    counted.dimensionsText, span.end,
                ])
            return Dictionary(rows.map { ($0["began"], $0["total"]) }, uniquingKeysWith: { $0 + $1 })
        }
    }
}
