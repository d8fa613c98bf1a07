// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Mail
import Sending

/// The options of a configuration set as SES v2 writes them, checked when they come in.
struct WireDeliveryOptions: Codable {
    var tlsPolicy: String?
    var sendingPoolName: String?
    var maxDeliverySeconds: Int?

    /// Nil where nothing was ever said: SES shows none then, and Terraform minds one.
    init?(_ options: DeliveryOptions) {
        guard options != DeliveryOptions() else { return nil }
        tlsPolicy = (options.tlsPolicy ?? .optional).rawValue
        sendingPoolName = options.pool
        maxDeliverySeconds = options.maximumSeconds
    }

    func options() throws(ServiceError) -> DeliveryOptions {
        DeliveryOptions(
            tlsPolicy: try WireEnum.value(tlsPolicy, of: "tlsPolicy"), pool: sendingPoolName,
            maximumSeconds: maxDeliverySeconds)
    }
}

struct WireReputationOptions: Encodable {
    let reputationMetricsEnabled: Bool
    let lastFreshStart: Moment?

    init(_ options: ReputationOptions) {
        reputationMetricsEnabled = options.metricsEnabled
        lastFreshStart = options.lastFreshStart.map { Moment(milliseconds: $0.milliseconds) }
    }
}

/// What came in; `LastFreshStart` is SES's to say.
struct WireReputationInput: Decodable { var reputationMetricsEnabled: Flag? }

struct WireSendingOptions: Encodable { let sendingEnabled: Bool }

struct WireSendingInput: Decodable { var sendingEnabled: Flag? }

struct WireSuppressionOptions: Encodable {
    let suppressedReasons: [String]

    init(_ reasons: [SuppressionReason]) { suppressedReasons = reasons.map(\.rawValue) }
}

struct WireSuppressionInput: Decodable {
    var suppressedReasons: [String]?
    var validationOptions: SendEmail.Unsupported?

    func reasons() throws(ServiceError) -> [SuppressionReason] {
        guard validationOptions == nil else { throw .unavailable("ValidationOptions") }
        return try WireEnum.reasons(suppressedReasons ?? [])
    }
}

struct WireTrackingOptions: Codable {
    var customRedirectDomain: String?
    var httpsPolicy: String?

    init(_ options: TrackingOptions) {
        customRedirectDomain = options.redirectDomain
        httpsPolicy = options.httpsPolicy?.rawValue
    }

    func options() throws(ServiceError) -> TrackingOptions? { try Self.options(customRedirectDomain, httpsPolicy) }

    /// - Returns: nil where there is no redirect domain, and so nothing to track by.
    static func options(_ domain: String?, _ httpsPolicy: String?) throws(ServiceError) -> TrackingOptions? {
        let policy: TrackingOptions.HTTPSPolicy? = try WireEnum.value(httpsPolicy, of: "httpsPolicy")
        if let domain, !domain.isEmpty { return TrackingOptions(redirectDomain: domain, httpsPolicy: policy) }
        guard policy == nil else {
            throw ServiceError("BadRequestException", "HttpsPolicy needs a CustomRedirectDomain.")
        }
        return nil
    }
}

/// The Virtual Deliverability Manager: off is all it can be.
struct WireVdmOptions: Codable {
    struct Dashboard: Codable { var engagementMetrics: String? }
    struct Guardian: Codable { var optimizedSharedDelivery: String? }

    private enum Feature: String, CaseIterable {
        case enabled = "ENABLED"
        case disabled = "DISABLED"
    }

    var dashboardOptions: Dashboard?
    var guardianOptions: Guardian?

    init(_ options: VDMOptions) {
        dashboardOptions = options.mentionsEngagementMetrics ? .init(engagementMetrics: "DISABLED") : nil
        guardianOptions = options.mentionsSharedDelivery ? .init(optimizedSharedDelivery: "DISABLED") : nil
    }

    func options() throws(ServiceError) -> VDMOptions {
        let asked: [Feature?] = [
            try WireEnum.value(dashboardOptions?.engagementMetrics, of: "engagementMetrics"),
            try WireEnum.value(guardianOptions?.optimizedSharedDelivery, of: "optimizedSharedDelivery"),
        ]
        guard !asked.contains(.enabled) else {
            throw ServiceError(
                "BadRequestException",
                "VDM is not available in this version of Postern: its options can be DISABLED only.")
        }
        return VDMOptions(mentionsEngagementMetrics: asked[0] != nil, mentionsSharedDelivery: asked[1] != nil)
    }
}

struct WireArchivingOptions: Decodable {
    var archiveArn: String?

    /// No archive is the only one there is.
    func check() throws(ServiceError) {
        if archiveArn != nil { throw .unavailable("ArchiveArn") }
    }
}

/// Words of AWS that stand for cases of ours.
enum WireEnum {
    static func value<Value: RawRepresentable<String> & CaseIterable>(
        _ text: String?, of member: String
    ) throws(ServiceError) -> Value? {
        guard let text else { return nil }
        guard let value = Value(rawValue: text) else {
            let allowed = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw ServiceError(
                "BadRequestException",
                "1 validation error detected: Value at '\(member)' failed to satisfy constraint: Member must satisfy enum value set: [\(allowed)]"
            )
        }
        return value
    }

    static func reasons(_ texts: [String]) throws(ServiceError) -> [SuppressionReason] {
        var reasons: [SuppressionReason] = []
        for text in texts {
            if let reason: SuppressionReason = try value(text, of: "suppressedReasons"), !reasons.contains(reason) {
                reasons.append(reason)
            }
        }
        return reasons
    }
}

extension ServiceError {
    static func unavailable(_ member: String) -> ServiceError {
        ServiceError("BadRequestException", "\(member) is not available in this version of Postern.")
    }
}
