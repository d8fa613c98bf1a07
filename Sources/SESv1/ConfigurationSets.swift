// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Makes a configuration set.
struct CreateConfigurationSet: Operation {
    static let route = Route.query(service: "ses")

    struct Name: Codable { var name: String }
    struct Input: Decodable { var configurationSet: Name }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        do {
            try await services.configurationSets.create(
                ConfigurationSet(name: input.configurationSet.name, createdAt: services.now()), operation: Self.name,
                by: caller)
        } catch RecordFailure.alreadyExists(let name) {
            throw ServiceError("ConfigurationSetAlreadyExists", "Configuration set <\(name)> already exists.")
        } catch RecordFailure.invalid(let why) {
            throw ServiceError("InvalidConfigurationSet", why)
        } catch RecordFailure.limitExceeded(let why) {
            throw ServiceError("LimitExceeded", why)
        }
        return Empty()
    }
}

/// One configuration set, with the attributes that are asked for.
struct DescribeConfigurationSet: Operation {
    static let route = Route.query(service: "ses")

    private enum Attribute: String, CaseIterable {
        case eventDestinations, trackingOptions, deliveryOptions, reputationOptions
    }

    struct Input: Decodable {
        var configurationSetName: String
        var configurationSetAttributeNames: [String]?
    }
    struct Tracking: Encodable { let customRedirectDomain: String }
    struct Delivery: Encodable { let tlsPolicy: String }
    struct Reputation: Encodable {
        let sendingEnabled: Bool
        let reputationMetricsEnabled: Bool
        let lastFreshStart: Moment?
    }
    struct Output: Encodable {
        let configurationSet: CreateConfigurationSet.Name
        /// There are none yet.
        let eventDestinations: [String]
        let trackingOptions: Tracking?
        let deliveryOptions: Delivery?
        let reputationOptions: Reputation?
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let asked = try (input.configurationSetAttributeNames ?? []).compactMap {
            try WireEnum.value($0, Attribute.self, of: "configurationSetAttributeNames")
        }
        guard let set = try await services.configurationSets.find(input.configurationSetName, in: caller.account) else {
            throw ServiceError.noConfigurationSet(input.configurationSetName)
        }
        return Output(
            configurationSet: .init(name: set.name), eventDestinations: [],
            trackingOptions: asked.contains(.trackingOptions)
                ? set.tracking.map { Tracking(customRedirectDomain: $0.redirectDomain) } : nil,
            deliveryOptions: asked.contains(.deliveryOptions)
                ? set.delivery.tlsPolicy.map { Delivery(tlsPolicy: $0 == .require ? "Require" : "Optional") } : nil,
            reputationOptions: asked.contains(.reputationOptions) ? Reputation(set) : nil)
    }
}

extension DescribeConfigurationSet.Reputation {
    fileprivate init(_ set: ConfigurationSet) {
        self.init(
            sendingEnabled: set.sendingEnabled, reputationMetricsEnabled: set.reputation.metricsEnabled,
            lastFreshStart: set.reputation.lastFreshStart.map { Moment(milliseconds: $0.milliseconds) })
    }
}

/// The account's configuration sets.
struct ListConfigurationSets: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var nextToken: String?
        var maxItems: Number?
    }
    struct Output: Encodable {
        let configurationSets: [CreateConfigurationSet.Name]
        let nextToken: String?
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let size = min(max(input.maxItems?.value ?? 1_000, 1), 1_000)
        let found = try await services.configurationSets.list(
            in: caller.account, after: input.nextToken, limit: size + 1)
        let names = found.prefix(size).map { CreateConfigurationSet.Name(name: $0.name) }
        return Output(configurationSets: names, nextToken: found.count > size ? names.last?.name : nil)
    }
}

/// Deletes a configuration set; sends that still name it fail, as on SES.
struct DeleteConfigurationSet: Operation {
    static let route = Route.query(service: "ses")

    let services: SESv1Services

    func run(_ input: DescribeConfigurationSet.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        guard try await services.configurationSets.delete(input.configurationSetName, operation: Self.name, by: caller)
        else { throw ServiceError.noConfigurationSet(input.configurationSetName) }
        return Empty()
    }
}

extension ServiceError {
    static func noConfigurationSet(_ name: String) -> ServiceError {
        ServiceError("ConfigurationSetDoesNotExist", "Configuration set <\(name.prefix(100))> does not exist.")
    }
}
