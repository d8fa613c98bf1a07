// SPDX-License-Identifier: Apache-2.0

import AWSWire
import CloudWatchLogs
import SQLite
import Settings

extension Server {
    /// What is read as logs: the facts of mail, and the trail.
    func logs(_ trade: Trade, _ stores: Stores) -> ServiceCatalogue {
        LogsCatalogue.make(
            LogsServices(
                access: trade.access, region: configuration.region,
                groups: [
                    LogGroup("/postern/messages", log: SQLiteMailLog(stores.spool), retention: nil),
                    LogGroup(
                        "/postern/trail", log: SQLiteTrailLog(stores.trail),
                        retention: configuration.trail.managementDays),
                ], records: stores.records, now: now))
    }
}
