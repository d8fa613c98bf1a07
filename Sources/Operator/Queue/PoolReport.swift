// SPDX-License-Identifier: Apache-2.0

package import AWSWire

/// What `DescribePools` answers: the addresses that mail leaves from, and each one's ways.
package struct PoolReport: Codable, Sendable {
    package struct Address: Codable, Sendable {
        package let ip: String
        package let hostname: String
        package let pool: String?
        package let draining: Bool
        package let warmupDay: Int?
        package let warmupDays: Int
        package let sentToday: Int
        package let allowedToday: Int?
    }

    package struct Limit: Codable, Sendable {
        package let limit: String
        package let rule: String
        package let until: Moment?
        package let reply: String?
    }

    package struct Path: Codable, Sendable {
        package let ip: String
        package let site: String
        package let underWay: Int
        package let connectionWindow: Int
        package let sentToday: Int
        package let waitingLanes: Int
        package let limits: [Limit]
    }

    package let addresses: [Address]
    package let paths: [Path]
    /// Messages a day that an address may send on day 1, 2, … of its warm-up.
    package let warmupPlan: [Int]
    /// There are more paths than are named: ask for one site or address.
    package let truncated: Bool
}
