// SPDX-License-Identifier: Apache-2.0

extension ServerConfiguration {
    /// Topics: by which address others reach what notifications name, and where they may be posted to.
    package struct Notifications: Sendable {
        /// `https://ses.example.com`; nil: the server's `public-url`, or its host name and the API port.
        package var publicURL: String?
        /// Closed networks that webhooks may lead into.
        package var allowedNetworks: [String]

        init(_ values: Values) throws {
            publicURL = values.string("sns.public-url")
            allowedNetworks = values.list("events.allowed-networks")
        }
    }
}

extension ConfigurationKey {
    static let notifications: [ConfigurationKey] = [
        .init("sns.public-url"),
        .init("events.allowed-networks.*"),
    ]
}
