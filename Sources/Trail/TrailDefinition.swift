// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A trail as its account declared it: whose records are copied, and into which bucket.
package struct TrailDefinition: Hashable, Sendable, Codable {
    package let account: AccountID
    package let region: String
    package let name: String
    package var bucket: String
    /// Before `AWSLogs`; empty for none.
    package var prefix: String
    /// The server's own chain, which holds every account's records and cannot be stopped or deleted.
    package let isLocal: Bool
    package var since: Timestamp?
    /// When copying stopped; nil while it goes on, or before it began.
    package var until: Timestamp?
    package var switches = Switches()
    /// Nil where nobody said which records it copies.
    package var selectors: EventSelectors?
    package var tags: [String: String] = [:]

    /// What was asked for and makes no difference here: there is one region, and every trail is signed.
    package struct Switches: Hashable, Sendable, Codable {
        package var isMultiRegion = false
        package var includesGlobalServices = true
        package var isValidated = false

        package init() {}
    }

    package init(
        account: AccountID, region: String, name: String, bucket: String, prefix: String = "", isLocal: Bool = false,
        since: Timestamp? = nil
    ) {
        self.account = account
        self.region = region
        self.name = name
        self.bucket = bucket
        self.prefix = prefix
        self.isLocal = isLocal
        self.since = since
    }

    package var layout: TrailLayout {
        TrailLayout(account: account, region: region, trail: name, bucket: bucket, prefix: prefix)
    }
    package var arn: String { layout.arn }
    package var isLogging: Bool { since != nil && until == nil }

    /// What the archive is to do; nil for a trail that never began.
    package var copy: TrailCopy? {
        since.map { since in
            TrailCopy(
                layout: layout, holdsAllAccounts: isLocal, since: since, until: until,
                selectors: isLocal ? .everything : selectors ?? .standard)
        }
    }
}
