// SPDX-License-Identifier: Apache-2.0

import GRDB
package import Mail
import Monitoring

/// Folding what is old, and forgetting what is too old.
extension SQLiteMetrics {
    package func rollUp(at moment: Timestamp) async throws {
        let now = moment.seconds
        for (index, (period, kept)) in MetricLimits.retention.enumerated() {
            let next = index + 1 < MetricLimits.retention.count ? MetricLimits.retention[index + 1].period : nil
            // Whole spans of the next resolution, so that none is folded by halves.
            let edge = (now - kept) - (now - kept) % (next ?? period)
            var series: Int64 = 0
            while let following = try await fold(after: series, period, into: next, before: edge) { series = following }
        }
        try await engine.write { db in
            let last = now - (MetricLimits.retention.last?.kept ?? 0)
            try db.execute(sql: "DELETE FROM series WHERE last < $1", arguments: [last])
            try db.execute(
                sql: "DELETE FROM alarm_history WHERE at < $1",
                arguments: [moment.milliseconds - Self.historyKept * 1000])
        }
    }

    /// Folds a part of what one series has that is older than `edge`.
    /// - Returns: where to go on; nil when all are done.
    private func fold(after last: Int64, _ period: Int64, into next: Int64?, before edge: Int64) async throws -> Int64?
    {
        let found = try await engine.read { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT id FROM series WHERE id > $1
                    AND EXISTS (SELECT 1 FROM sample WHERE series = id AND period = $2 AND at < $3) ORDER BY id LIMIT 1
                    """, arguments: [last, period, edge])
        }
        guard let found else { return nil }
        try await engine.write { db in
            if let next {
                try db.execute(
                    sql: """
                        INSERT INTO sample (series, period, at, count, sum, least, most)
                        SELECT series, $1, at - at % $1, sum(count), sum(sum), min(least), max(most) FROM sample
                        WHERE series = $2 AND period = $3 AND at < $4 GROUP BY series, at - at % $1
                        ON CONFLICT (series, period, at) DO UPDATE SET count = count + excluded.count,
                        sum = sum + excluded.sum, least = min(least, excluded.least), most = max(most, excluded.most)
                        """, arguments: [next, found, period, edge])
            }
            try db.execute(
                sql: "DELETE FROM sample WHERE series = $1 AND period = $2 AND at < $3",
                arguments: [found, period, edge])
        }
        return found
    }
}
