// SPDX-License-Identifier: Apache-2.0

extension ServerConfiguration {
    /// The trail: how recipients appear in it, when its files are written, and how long it is kept.
    package struct Trail: Sendable {
        package enum Recipients: String, CaseIterable, Sendable { case hidden, hash, clear }

        package var recipients: Recipients
        /// Seconds from one log file to the next.
        package var logInterval: Int
        /// Seconds of one digest.
        package var digestInterval: Int
        /// Days that records of changes, reads and sign-ins are kept.
        package var managementDays: Int
        /// Days that records of sends are kept.
        package var dataDays: Int

        init(_ values: Values) throws {
            recipients = try values.choice("trail.recipients", default: .hash)
            logInterval = try values.positive("trail.log-interval") ?? 300
            digestInterval = try values.positive("trail.digest-interval") ?? 3_600
            managementDays = try values.positive("trail.retention.management") ?? 400
            dataDays = try values.positive("trail.retention.data") ?? 90
        }
    }
}

extension ConfigurationKey {
    static let trail: [ConfigurationKey] = [
        .init("trail.recipients"),
        .init("trail.log-interval", .integer),
        .init("trail.digest-interval", .integer),
        .init("trail.retention.management", .integer),
        .init("trail.retention.data", .integer),
    ]
}
