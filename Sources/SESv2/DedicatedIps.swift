// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

struct WireDedicatedIp: Encodable {
    let ip: String
    let warmupStatus: String
    let warmupPercentage: Int
    let poolName: String

    init(_ view: DedicatedAddressView) {
        ip = view.address
        warmupStatus = view.status.rawValue
        warmupPercentage = view.percentage
        poolName = view.pool
    }
}

/// One address that the operator declared for the account.
struct GetDedicatedIp: Operation {
    static let route = Route.rest("GET", "/v2/email/dedicated-ips/{Ip}")

    struct Input: Decodable { var ip: String }
    struct Output: Encodable { let dedicatedIp: WireDedicatedIp }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        return Output(dedicatedIp: WireDedicatedIp(try services.address(input.ip, caller)))
    }
}

/// The account's addresses, of one pool or of all.
struct GetDedicatedIps: Operation {
    static let route = Route.rest("GET", "/v2/email/dedicated-ips")

    struct Input: Decodable {
        var poolName: String?
        var nextToken: String?
        var pageSize: Number?
    }
    struct Output: Encodable {
        let dedicatedIps: [WireDedicatedIp]
        let nextToken: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        if let name = input.poolName {
            _ = try services.pool(name, Self.name, caller)
        } else {
            try services.require(Self.name, as: caller)
        }
        let size = min(max(input.pageSize?.value ?? 1_000, 1), 1_000)
        let found = try services.addresses.list(
            in: caller.account, pool: input.poolName, after: input.nextToken, limit: size + 1)
        let page = found.prefix(size)
        return Output(
            dedicatedIps: page.map(WireDedicatedIp.init), nextToken: found.count > size ? page.last?.address : nil)
    }
}

/// Moves an address to another pool; the next message of either pool feels it.
struct PutDedicatedIpInPool: Operation {
    static let route = Route.rest("PUT", "/v2/email/dedicated-ips/{Ip}/pool")

    struct Input: Decodable {
        var ip: String
        var destinationPoolName: String
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let pool = try services.pool(input.destinationPoolName, Self.name, caller)
        let address = try services.address(input.ip, caller).address
        do {
            try await services.addresses.move(address, to: pool.name, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(record: error)
        }
        return Empty()
    }
}

/// Says how far an address is through its warm-up.
struct PutDedicatedIpWarmupAttributes: Operation {
    static let route = Route.rest("PUT", "/v2/email/dedicated-ips/{Ip}/warmup")

    struct Input: Decodable {
        var ip: String
        var warmupPercentage: Int
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let address = try services.address(input.ip, caller).address
        do {
            try await services.addresses.setWarmup(
                input.warmupPercentage, of: address, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(record: error)
        }
        return Empty()
    }
}

/// Whether the account's new addresses begin cold.
struct PutAccountDedicatedIpWarmupAttributes: Operation {
    static let route = Route.rest("PUT", "/v2/email/account/dedicated-ips/warmup")

    struct Input: Decodable { var autoWarmupEnabled: Flag? }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        try await services.addresses.setAutoWarmup(
            input.autoWarmupEnabled?.value ?? false, operation: Self.name, by: caller)
        return Empty()
    }
}

extension SESv2Services {
    /// The account's address, for whoever may.
    fileprivate func address(_ text: String, _ caller: Caller) throws -> DedicatedAddressView {
        do {
            return try addresses.find(text, in: caller.account)
        } catch {
            throw ServiceError(
                "NotFoundException", "The requested IP <\(text.prefix(100))> does not exist in this account.",
                status: 404)
        }
    }
}
