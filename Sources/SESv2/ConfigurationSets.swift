// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Makes a configuration set.
struct CreateConfigurationSet: Operation {
    static let route = Route.rest("POST", "/v2/email/configuration-sets")

    struct Input: Decodable {
        var configurationSetName: String
        var tags: [WireTag]?
        var deliveryOptions: WireDeliveryOptions?
        var reputationOptions: WireReputationInput?
        var sendingOptions: WireSendingInput?
        var suppressionOptions: WireSuppressionInput?
        var trackingOptions: WireTrackingOptions?
        var vdmOptions: WireVdmOptions?
        var archivingOptions: WireArchivingOptions?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let arn = services.configurationSets.arn(input.configurationSetName, in: caller.account)
        let tags = try services.requireMaking(Self.name, arn, tagged: input.tags, caller)
        var set = ConfigurationSet(name: input.configurationSetName, createdAt: services.now())
        set.tags = tags
        set.delivery = try input.deliveryOptions?.options() ?? DeliveryOptions()
        set.reputation.metricsEnabled = input.reputationOptions?.reputationMetricsEnabled?.value ?? false
        set.sendingEnabled = input.sendingOptions?.sendingEnabled?.value ?? true
        set.suppressedReasons = try input.suppressionOptions?.reasons()
        set.tracking = try input.trackingOptions?.options()
        set.vdm = try input.vdmOptions?.options()
        try input.archivingOptions?.check()
        return try await services.changingSet(set.name) {
            try await services.configurationSets.create(set, operation: Self.name, by: caller)
        }
    }
}

/// One configuration set.
struct GetConfigurationSet: Operation {
    static let route = Route.rest("GET", "/v2/email/configuration-sets/{ConfigurationSetName}")

    struct Input: Decodable { var configurationSetName: String }
    struct Output: Encodable {
        let configurationSetName: String
        let deliveryOptions: WireDeliveryOptions?
        let reputationOptions: WireReputationOptions
        let sendingOptions: WireSendingOptions
        let suppressionOptions: WireSuppressionOptions?
        let trackingOptions: WireTrackingOptions?
        let vdmOptions: WireVdmOptions?
        let tags: [WireTag]
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let set = try await services.configurationSet(input.configurationSetName, Self.name, try Caller(context))
        return Output(
            configurationSetName: set.name, deliveryOptions: WireDeliveryOptions(set.delivery),
            reputationOptions: WireReputationOptions(set.reputation),
            sendingOptions: WireSendingOptions(sendingEnabled: set.sendingEnabled),
            suppressionOptions: set.suppressedReasons.map { WireSuppressionOptions($0) },
            trackingOptions: set.tracking.map { WireTrackingOptions($0) },
            vdmOptions: set.vdm.map { WireVdmOptions($0) }, tags: [WireTag](set.tags))
    }
}

/// The account's configuration sets.
struct ListConfigurationSets: Operation {
    static let route = Route.rest("GET", "/v2/email/configuration-sets")

    struct Input: Decodable {
        var nextToken: String?
        var pageSize: Number?
    }
    struct Output: Encodable {
        let configurationSets: [String]
        let nextToken: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let size = min(max(input.pageSize?.value ?? 1_000, 1), 1_000)
        let found = try await services.configurationSets.list(
            in: caller.account, after: input.nextToken, limit: size + 1)
        let names = found.prefix(size).map(\.name)
        return Output(configurationSets: names, nextToken: found.count > size ? names.last : nil)
    }
}

/// Deletes a configuration set; sends that still name it fail, as on SES.
struct DeleteConfigurationSet: Operation {
    static let route = Route.rest("DELETE", "/v2/email/configuration-sets/{ConfigurationSetName}")

    let services: SESv2Services

    func run(_ input: GetConfigurationSet.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let set = try await services.configurationSet(input.configurationSetName, Self.name, caller)
        guard try await services.configurationSets.delete(set.name, operation: Self.name, by: caller) else {
            throw ServiceError.noConfigurationSet(set.name)
        }
        return Empty()
    }
}

/// Sets an identity's default configuration set, or takes it away.
struct PutEmailIdentityConfigurationSetAttributes: Operation {
    static let route = Route.rest("PUT", "/v2/email/identities/{EmailIdentity}/configuration-set")

    struct Input: Decodable {
        var emailIdentity: String
        var configurationSetName: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let identity = try await services.identity(input.emailIdentity, Self.name, caller)
        try await services.requireConfigurationSet(input.configurationSetName, caller)
        do {
            try await services.identities.setConfigurationSet(
                input.configurationSetName, of: identity.name, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(identityPolicy: error)
        }
        return Empty()
    }
}

extension SESv2Services {
    func requireConfigurationSet(_ name: String?, _ caller: Caller) async throws {
        guard let name else { return }
        guard try await configurationSets.find(name, in: caller.account) != nil else {
            throw ServiceError.noConfigurationSet(name)
        }
    }
}
