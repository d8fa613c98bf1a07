// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Sets how the mail of a set is delivered: all of it, what is not given is as it is by default.
struct PutConfigurationSetDeliveryOptions: Operation {
    static let route = Route.rest("PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/delivery-options")

    struct Input: Decodable {
        var configurationSetName: String
        var tlsPolicy: String?
        var sendingPoolName: String?
        var maxDeliverySeconds: Int?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let set = try await services.configurationSet(input.configurationSetName, Self.name, caller)
        let options = DeliveryOptions(
            tlsPolicy: try WireEnum.value(input.tlsPolicy, of: "tlsPolicy"), pool: input.sendingPoolName,
            maximumSeconds: input.maxDeliverySeconds)
        return try await services.changingSet(set.name) {
            try await services.configurationSets.setDelivery(of: set.name, operation: Self.name, by: caller) {
                $0 = options
            }
        }
    }
}

/// Turns reputation metrics of a set on or off.
struct PutConfigurationSetReputationOptions: Operation {
    static let route = Route.rest("PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/reputation-options")

    struct Input: Decodable {
        var configurationSetName: String
        var reputationMetricsEnabled: Flag?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let set = try await services.configurationSet(input.configurationSetName, Self.name, caller)
        let isOn = input.reputationMetricsEnabled?.value ?? false
        return try await services.changingSet(set.name) {
            try await services.configurationSets.change(set.name, operation: Self.name, by: caller) {
                $0.reputation.metricsEnabled = isOn
            }
        }
    }
}

/// Takes or refuses sends that name a set.
struct PutConfigurationSetSendingOptions: Operation {
    static let route = Route.rest("PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/sending")

    struct Input: Decodable {
        var configurationSetName: String
        var sendingEnabled: Flag?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let set = try await services.configurationSet(input.configurationSetName, Self.name, caller)
        return try await services.changingSet(set.name) {
            try await services.configurationSets.setSending(
                input.sendingEnabled?.value ?? false, of: set.name, operation: Self.name, by: caller)
        }
    }
}

/// Says which entries of the suppression list count for a set, in place of the account's; an empty list is none.
struct PutConfigurationSetSuppressionOptions: Operation {
    static let route = Route.rest("PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/suppression-options")

    struct Input: Decodable {
        var configurationSetName: String
        var suppressedReasons: [String]?
        var validationOptions: SendEmail.Unsupported?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let set = try await services.configurationSet(input.configurationSetName, Self.name, caller)
        guard input.validationOptions == nil else { throw ServiceError.unavailable("ValidationOptions") }
        let reasons = try input.suppressedReasons.map { try WireEnum.reasons($0) }
        return try await services.changingSet(set.name) {
            try await services.configurationSets.change(set.name, operation: Self.name, by: caller) {
                $0.suppressedReasons = reasons
            }
        }
    }
}

/// Gives a set a redirect domain of the account's own, or takes it away.
struct PutConfigurationSetTrackingOptions: Operation {
    static let route = Route.rest("PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/tracking-options")

    struct Input: Decodable {
        var configurationSetName: String
        var customRedirectDomain: String?
        var httpsPolicy: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let set = try await services.configurationSet(input.configurationSetName, Self.name, caller)
        let tracking = try WireTrackingOptions.options(input.customRedirectDomain, input.httpsPolicy)
        return try await services.changingSet(set.name) {
            try await services.configurationSets.setTracking(tracking, of: set.name, operation: Self.name, by: caller)
        }
    }
}

/// Says that the Virtual Deliverability Manager is off for a set, which it is.
struct PutConfigurationSetVdmOptions: Operation {
    static let route = Route.rest("PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/vdm-options")

    struct Input: Decodable {
        var configurationSetName: String
        var vdmOptions: WireVdmOptions?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let set = try await services.configurationSet(input.configurationSetName, Self.name, caller)
        let options = try input.vdmOptions?.options()
        return try await services.changingSet(set.name) {
            try await services.configurationSets.change(set.name, operation: Self.name, by: caller) {
                $0.vdm = options
            }
        }
    }
}

/// Says that the mail of a set goes to no archive, for there are none.
struct PutConfigurationSetArchivingOptions: Operation {
    static let route = Route.rest("PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/archiving-options")

    struct Input: Decodable {
        var configurationSetName: String
        var archiveArn: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let set = try await services.configurationSet(input.configurationSetName, Self.name, caller)
        try WireArchivingOptions(archiveArn: input.archiveArn).check()
        return try await services.changingSet(set.name) {
            try await services.configurationSets.change(set.name, operation: Self.name, by: caller) { _ in }
        }
    }
}

extension SESv2Services {
    /// Runs a change of a configuration set, with SES v2's errors.
    func changingSet(_ name: String, _ body: () async throws -> Void) async throws -> Empty {
        do {
            try await body()
            return Empty()
        } catch RecordFailure.notFound {
            throw ServiceError.noConfigurationSet(name)
        } catch let failure as TrackingFailure {
            throw ServiceError("BadRequestException", failure.reason)
        } catch {
            throw ServiceError(record: error)
        }
    }
}
