// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Sending

/// Sets whether the mail of a set may be delivered in clear.
struct PutConfigurationSetDeliveryOptions: Operation {
    static let route = Route.query(service: "ses")

    private enum TLSPolicy: String, CaseIterable {
        case require = "Require"
        case optional = "Optional"
    }

    struct Options: Decodable { var tlsPolicy: String? }
    struct Input: Decodable {
        var configurationSetName: String
        var deliveryOptions: Options?
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let asked = try input.deliveryOptions?.tlsPolicy.map {
            try WireEnum.value($0, TLSPolicy.self, of: "deliveryOptions.tlsPolicy")
        }
        let policy: DeliveryOptions.TLSPolicy = asked == .require ? .require : .optional
        return try await services.changingSet(input.configurationSetName) {
            try await services.configurationSets.change(
                input.configurationSetName, operation: Self.name, by: caller
            ) { $0.delivery.tlsPolicy = policy }
        }
    }
}

/// Turns reputation metrics of a set on or off.
struct UpdateConfigurationSetReputationMetricsEnabled: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable {
        var configurationSetName: String
        var enabled: Flag
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return try await services.changingSet(input.configurationSetName) {
            try await services.configurationSets.change(
                input.configurationSetName, operation: Self.name, by: caller
            ) { $0.reputation.metricsEnabled = input.enabled.value }
        }
    }
}

/// Takes or refuses sends that name a set.
struct UpdateConfigurationSetSendingEnabled: Operation {
    static let route = Route.query(service: "ses")

    let services: SESv1Services

    func run(
        _ input: UpdateConfigurationSetReputationMetricsEnabled.Input, as context: RequestContext
    ) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return try await services.changingSet(input.configurationSetName) {
            try await services.configurationSets.setSending(
                input.enabled.value, of: input.configurationSetName, operation: Self.name, by: caller)
        }
    }
}

/// Gives a set a redirect domain of the account's own.
struct CreateConfigurationSetTrackingOptions: Operation {
    static let route = Route.query(service: "ses")

    struct Options: Decodable { var customRedirectDomain: String? }
    struct Input: Decodable {
        var configurationSetName: String
        var trackingOptions: Options
    }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return try await services.changingTracking(input, Self.name, caller) { set in
            if set.tracking != nil { throw TrackingFailure.alreadyThere(set.name) }
        }
    }
}

/// Gives a set another redirect domain.
struct UpdateConfigurationSetTrackingOptions: Operation {
    static let route = Route.query(service: "ses")

    let services: SESv1Services

    func run(
        _ input: CreateConfigurationSetTrackingOptions.Input, as context: RequestContext
    ) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return try await services.changingTracking(input, Self.name, caller) { set in
            if set.tracking == nil { throw TrackingFailure.notThere(set.name) }
        }
    }
}

/// Takes a set's redirect domain away.
struct DeleteConfigurationSetTrackingOptions: Operation {
    static let route = Route.query(service: "ses")

    struct Input: Decodable { var configurationSetName: String }

    let services: SESv1Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return try await services.changingSet(input.configurationSetName) {
            try await services.configurationSets.setTracking(
                nil, of: input.configurationSetName, operation: Self.name, by: caller
            ) { set in if set.tracking == nil { throw TrackingFailure.notThere(set.name) } }
        }
    }
}

extension SESv1Services {
    fileprivate func changingTracking(
        _ input: CreateConfigurationSetTrackingOptions.Input, _ operation: String, _ caller: Caller,
        if body: @escaping @Sendable (ConfigurationSet) throws -> Void
    ) async throws -> Empty {
        guard let domain = input.trackingOptions.customRedirectDomain, !domain.isEmpty else {
            throw ServiceError("InvalidTrackingOptions", "CustomRedirectDomain must be specified.")
        }
        return try await changingSet(input.configurationSetName) {
            try await configurationSets.setTracking(
                TrackingOptions(redirectDomain: domain), of: input.configurationSetName, operation: operation,
                by: caller, if: body)
        }
    }

    /// Runs a change of a configuration set, with SES v1's errors.
    fileprivate func changingSet(_ name: String, _ body: () async throws -> Void) async throws -> Empty {
        do {
            try await body()
            return Empty()
        } catch RecordFailure.notFound {
            throw ServiceError.noConfigurationSet(name)
        } catch RecordFailure.invalid(let why) {
            throw ServiceError("InvalidDeliveryOptions", why)
        } catch let failure as TrackingFailure {
            throw ServiceError(failure)
        } catch {
            throw ServiceError(failure: error)
        }
    }
}

extension ServiceError {
    fileprivate init(_ failure: TrackingFailure) {
        switch failure {
        case .domainNotVerified: self.init("InvalidTrackingOptions", failure.reason)
        case .alreadyThere: self.init("TrackingOptionsAlreadyExistsException", failure.reason)
        case .notThere: self.init("TrackingOptionsDoesNotExistException", failure.reason)
        }
    }
}

/// Words of AWS that stand for cases of ours.
enum WireEnum {
    static func value<Value: RawRepresentable<String> & CaseIterable>(
        _ text: String, _ type: Value.Type, of member: String
    ) throws(ServiceError) -> Value {
        if let value = Value(rawValue: text) { return value }
        let allowed = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw ServiceError(
            "ValidationError",
            "1 validation error detected: Value at '\(member)' failed to satisfy constraint: Member must satisfy enum value set: [\(allowed)]"
        )
    }
}
