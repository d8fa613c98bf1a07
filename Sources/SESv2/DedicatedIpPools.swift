// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
import Access
import Mail
import Sending

/// Makes a pool for addresses.
struct CreateDedicatedIpPool: Operation {
    static let route = Route.rest("POST", "/v2/email/dedicated-ip-pools")

    struct Input: Decodable {
        var poolName: String
        var scalingMode: String?
        var tags: [WireTag]?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let arn = services.addresses.poolARN(input.poolName, in: caller.account)
        let tags = try services.requireMaking(Self.name, arn, tagged: input.tags, caller)
        var pool = DedicatedIPPool(
            name: input.poolName, scaling: try WireEnum.value(input.scalingMode, of: "scalingMode") ?? .standard)
        pool.tags = tags
        do {
            try await services.addresses.createPool(pool, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(pool: error)
        }
        return Empty()
    }
}

/// One pool.
struct GetDedicatedIpPool: Operation {
    static let route = Route.rest("GET", "/v2/email/dedicated-ip-pools/{PoolName}")

    struct Input: Decodable { var poolName: String }
    struct Pool: Encodable {
        let poolName: String
        let scalingMode: String
    }
    struct Output: Encodable { let dedicatedIpPool: Pool }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let pool = try services.pool(input.poolName, Self.name, try Caller(context))
        return Output(dedicatedIpPool: Pool(poolName: pool.name, scalingMode: pool.scaling.rawValue))
    }
}

/// The account's pools.
struct ListDedicatedIpPools: Operation {
    static let route = Route.rest("GET", "/v2/email/dedicated-ip-pools")

    struct Input: Decodable {
        var nextToken: String?
        var pageSize: Number?
    }
    struct Output: Encodable {
        let dedicatedIpPools: [String]
        let nextToken: String?
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Output {
        let caller = try Caller(context)
        try services.require(Self.name, as: caller)
        let size = min(max(input.pageSize?.value ?? 1_000, 1), 1_000)
        let found = services.addresses.listPools(in: caller.account, after: input.nextToken, limit: size + 1)
        let names = found.prefix(size).map(\.name)
        return Output(dedicatedIpPools: names, nextToken: found.count > size ? names.last : nil)
    }
}

/// Deletes a pool that no configuration set and no address uses.
struct DeleteDedicatedIpPool: Operation {
    static let route = Route.rest("DELETE", "/v2/email/dedicated-ip-pools/{PoolName}")

    let services: SESv2Services

    func run(_ input: GetDedicatedIpPool.Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let pool = try services.pool(input.poolName, Self.name, caller)
        do {
            try await services.addresses.deletePool(pool.name, operation: Self.name, by: caller) { name in
                try await services.configurationSets.useOfPool(name, in: caller.account)
            }
        } catch {
            throw ServiceError(pool: error)
        }
        return Empty()
    }
}

/// Makes a standard pool a managed one.
struct PutDedicatedIpPoolScalingAttributes: Operation {
    static let route = Route.rest("PUT", "/v2/email/dedicated-ip-pools/{PoolName}/scaling")

    struct Input: Decodable {
        var poolName: String
        var scalingMode: String
    }

    let services: SESv2Services

    func run(_ input: Input, as context: RequestContext) async throws -> Empty {
        let caller = try Caller(context)
        let pool = try services.pool(input.poolName, Self.name, caller)
        let scaling: DedicatedIPPool.ScalingMode? = try WireEnum.value(input.scalingMode, of: "scalingMode")
        do {
            try await services.addresses.setScaling(
                scaling ?? pool.scaling, of: pool.name, operation: Self.name, by: caller)
        } catch {
            throw ServiceError(pool: error)
        }
        return Empty()
    }
}

extension SESv2Services {
    /// The pool of this name, for whoever may.
    func pool(_ name: String, _ operation: String, _ caller: Caller) throws -> DedicatedIPPool {
        let pool = try? addresses.findPool(name, in: caller.account)
        try require(operation, on: addresses.poolARN(name, in: caller.account), tags: pool?.tags, as: caller)
        guard let pool else { throw ServiceError(pool: RecordFailure.notFound(name)) }
        return pool
    }
}

extension ServiceError {
    /// What became of a question about pools, or a change.
    init(pool error: any Error) {
        switch error {
        case RecordFailure.notFound(let name):
            self.init("NotFoundException", "The requested pool <\(name.prefix(100))> does not exist.", status: 404)
        case RecordFailure.alreadyExists(let name):
            self.init("AlreadyExistsException", "The pool <\(name)> already exists.")
        default: self.init(record: error)
        }
    }
}
