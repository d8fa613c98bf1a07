// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A named set of options that sends refer to.
package struct ConfigurationSet: ShelfRecord, Hashable {
    package static let kind = "configuration-set"

    package let name: String
    package let createdAt: Timestamp
    package var tags: [String: String] = [:]
    package var delivery = DeliveryOptions()
    package var reputation = ReputationOptions()
    /// Whether sends that name the set are taken.
    package var sendingEnabled = true
    /// Which entries of the suppression list count; empty is none, nil leaves it to the account.
    package var suppressedReasons: [SuppressionReason]?
    /// Nil: no redirect domain of the account's own.
    package var tracking: TrackingOptions?
    package var vdm: VDMOptions?

    package init(name: String, createdAt: Timestamp) {
        self.name = name
        self.createdAt = createdAt
    }

    // Sets of older versions have no options.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(String.self, forKey: .name)
        createdAt = try values.decode(Timestamp.self, forKey: .createdAt)
        tags = try values.decodeIfPresent([String: String].self, forKey: .tags) ?? [:]
        delivery = try values.decodeIfPresent(DeliveryOptions.self, forKey: .delivery) ?? DeliveryOptions()
        reputation = try values.decodeIfPresent(ReputationOptions.self, forKey: .reputation) ?? ReputationOptions()
        sendingEnabled = try values.decodeIfPresent(Bool.self, forKey: .sendingEnabled) ?? true
        suppressedReasons = try values.decodeIfPresent([SuppressionReason].self, forKey: .suppressedReasons)
        tracking = try values.decodeIfPresent(TrackingOptions.self, forKey: .tracking)
        vdm = try values.decodeIfPresent(VDMOptions.self, forKey: .vdm)
    }

    package func check() throws {
        guard RecordName.isPlain(name, maximum: 64) else {
            throw RecordFailure.invalid(
                "Invalid configuration set name <\(name.prefix(100))>: only alphanumeric ASCII characters, '_', and '-' are allowed."
            )
        }
        try delivery.check()
    }
}

/// By which way, how well protected and for how long the mail of a set is delivered.
package struct DeliveryOptions: Hashable, Sendable, Codable {
    package enum TLSPolicy: String, Sendable, Codable, CaseIterable {
        /// Never in clear.
        case require = "REQUIRE"
        case optional = "OPTIONAL"
    }

    /// Seconds.
    package static let deliverySeconds = 300...50_400

    package var tlsPolicy: TLSPolicy?
    /// A pool of the account's, or `ses-shared-pool`; nil for the account's default.
    package var pool: String?
    /// Seconds after which a recipient still waiting gets a bounce.
    package var maximumSeconds: Int?

    package init(tlsPolicy: TLSPolicy? = nil, pool: String? = nil, maximumSeconds: Int? = nil) {
        self.tlsPolicy = tlsPolicy
        self.pool = pool
        self.maximumSeconds = maximumSeconds
    }

    func check() throws {
        guard let maximumSeconds, !Self.deliverySeconds.contains(maximumSeconds) else { return }
        throw RecordFailure.invalid(
            "MaxDeliverySeconds must be between \(Self.deliverySeconds.lowerBound) and \(Self.deliverySeconds.upperBound)."
        )
    }
}

/// Whether reputation metrics of a set's mail are kept apart. Stored and shown; nothing is measured by it yet.
package struct ReputationOptions: Hashable, Sendable, Codable {
    package var metricsEnabled: Bool
    /// When sending with the set was enabled again last.
    package var lastFreshStart: Timestamp?

    package init(metricsEnabled: Bool = false, lastFreshStart: Timestamp? = nil) {
        self.metricsEnabled = metricsEnabled
        self.lastFreshStart = lastFreshStart
    }
}

/// Where the links of a set's mail would lead through. Stored and shown; links and images are not touched yet.
package struct TrackingOptions: Hashable, Sendable, Codable {
    package enum HTTPSPolicy: String, Sendable, Codable, CaseIterable {
        case require = "REQUIRE"
        case requireOpenOnly = "REQUIRE_OPEN_ONLY"
        case optional = "OPTIONAL"
    }

    /// A verified domain identity of the account's, or beneath one.
    package var redirectDomain: String
    package var httpsPolicy: HTTPSPolicy?

    package init(redirectDomain: String, httpsPolicy: HTTPSPolicy? = nil) {
        self.redirectDomain = redirectDomain
        self.httpsPolicy = httpsPolicy
    }
}

/// Which parts of the Virtual Deliverability Manager a set spoke of. All of them are off here, so off is all that can be
/// stored.
package struct VDMOptions: Hashable, Sendable, Codable {
    package var mentionsEngagementMetrics: Bool
    package var mentionsSharedDelivery: Bool

    package init(mentionsEngagementMetrics: Bool, mentionsSharedDelivery: Bool) {
        self.mentionsEngagementMetrics = mentionsEngagementMetrics
        self.mentionsSharedDelivery = mentionsSharedDelivery
    }
}
