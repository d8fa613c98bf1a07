// SPDX-License-Identifier: Apache-2.0

package import Access
import Journal
package import Mail
import Queue
import Synchronization

/// What callers see of pools and addresses, and change.
extension DedicatedAddresses {
    /// - Throws: `RecordFailure.notFound`.
    package func find(_ address: String, in account: AccountID) throws -> DedicatedAddressView {
        let moment = now()
        let view = state.withLock { state in
            state.addresses[address].flatMap { $0.account == account ? state.view($0, at: moment) : nil }
        }
        guard let view else { throw RecordFailure.notFound(address) }
        return view
    }

    /// At most `limit` addresses that sort after `after`.
    /// - Parameter pool: nil for those of all pools.
    /// - Throws: `RecordFailure.notFound` for the pool.
    package func list(
        in account: AccountID, pool: String?, after: String?, limit: Int
    ) throws -> [DedicatedAddressView] {
        if let pool { _ = try findPool(pool, in: account) }
        let moment = now()
        return state.withLock { state in
            let own = state.addresses.values.filter {
                $0.account == account && (pool == nil || $0.pool == pool) && $0.address > after ?? ""
            }
            return own.sorted { $0.address < $1.address }.prefix(limit).map { state.view($0, at: moment) }
        }
    }

    // MARK: Pools

    /// - Throws: `RecordFailure.notFound`.
    package func findPool(_ name: String, in account: AccountID) throws -> DedicatedIPPool {
        if name == DedicatedIPPool.byDefault { return DedicatedIPPool(name: name, scaling: .standard) }
        guard let pool = state.withLock({ $0.pools[PoolID(account: account, name: name)] }) else {
            throw RecordFailure.notFound(name)
        }
        return pool
    }

    /// At most `limit` pools that were made or declared and sort after `after`.
    package func listPools(in account: AccountID, after: String?, limit: Int) -> [DedicatedIPPool] {
        state.withLock { state in
            state.pools.filter { $0.key.account == account && $0.key.name > after ?? "" }.map(\.value)
                .sorted { $0.name < $1.name }.prefix(limit).map(\.self)
        }
    }

    package func poolARN(_ name: String, in account: AccountID) -> String { shelf.arn(name, in: account) }

    /// - Throws: `RecordFailure`.
    package func createPool(_ pool: DedicatedIPPool, operation: String, by caller: Caller) async throws {
        let count = state.withLock { state in state.pools.keys.count { $0.account == caller.account } }
        guard count < DedicatedIPPool.maximumCount else {
            throw RecordFailure.limitExceeded("An account can have \(DedicatedIPPool.maximumCount) dedicated IP pools.")
        }
        try await shelf.create(pool, operation: operation, by: caller)
        state.withLock { $0.pools[PoolID(account: caller.account, name: pool.name)] = pool }
        announce()
    }

    /// - Parameter sets: whether a configuration set uses the pool; asked before anything is deleted.
    /// - Throws: `RecordFailure`, `.invalid` for one that is in use.
    package func deletePool(
        _ name: String, operation: String, by caller: Caller, unlessUsed sets: (String) async throws -> Bool
    ) async throws {
        let pool = PoolID(account: caller.account, name: name)
        _ = try findPool(name, in: caller.account)
        let holdsAddresses = state.withLock { state in
            state.addresses.values.contains { $0.account == pool.account && $0.pool == name }
        }
        guard name != DedicatedIPPool.byDefault else {
            throw RecordFailure.invalid("The pool <\(name)> cannot be deleted.")
        }
        guard !holdsAddresses else {
            throw RecordFailure.invalid(
                "The pool <\(name)> holds dedicated IP addresses: move them to another one first.")
        }
        if try await sets(name) {
            throw RecordFailure.invalid("The pool <\(name)> is associated with a configuration set.")
        }
        guard try await shelf.delete(name, operation: operation, by: caller) else { throw RecordFailure.notFound(name) }
        state.withLock { $0.pools[pool] = nil }
        announce()
    }

    /// - Throws: `RecordFailure`, `.invalid` for a managed pool that is to be a standard one.
    package func setScaling(
        _ scaling: DedicatedIPPool.ScalingMode, of name: String, operation: String, by caller: Caller
    ) async throws {
        guard name != DedicatedIPPool.byDefault else {
            throw RecordFailure.invalid("The pool <\(name)> cannot be changed.")
        }
        let changed = try await shelf.change(name, operation: operation, by: caller) { pool in
            guard pool.scaling == .standard || scaling == .managed else {
                throw RecordFailure.invalid("MANAGED pools cannot be converted to STANDARD scaling mode.")
            }
            pool.scaling = scaling
        }
        state.withLock { $0.pools[PoolID(account: caller.account, name: name)] = changed }
        announce()
    }

    package func changePoolTags(
        of name: String, operation: String, by caller: Caller,
        _ body: @escaping @Sendable (inout [String: String]) throws -> Void
    ) async throws {
        let changed = try await shelf.change(name, operation: operation, by: caller) { try body(&$0.tags) }
        state.withLock { $0.pools[PoolID(account: caller.account, name: name)] = changed }
    }

    // MARK: Addresses

    /// - Throws: `RecordFailure.notFound` for the address or the pool.
    package func move(_ address: String, to pool: String, operation: String, by caller: Caller) async throws {
        _ = try find(address, in: caller.account)
        _ = try findPool(pool, in: caller.account)
        try await change(address, operation, caller) { $0.pool = pool }
    }

    /// - Parameter percentage: 0 begins anew, 100 ends the warm-up.
    /// - Throws: `RecordFailure`.
    package func setWarmup(
        _ percentage: Int, of address: String, operation: String, by caller: Caller
    ) async throws {
        guard (0...100).contains(percentage) else {
            throw RecordFailure.invalid("WarmupPercentage must be between 0 and 100.")
        }
        guard try find(address, in: caller.account).status != .notApplicable else {
            throw RecordFailure.invalid("The warm-up of an address in a MANAGED pool cannot be changed.")
        }
        let began = DedicatedAddress.beginning(of: percentage, at: now())
        try await change(address, operation, caller) {
            $0.warmupBegan = began
            $0.isWarmupSet = true
        }
    }

    /// Stops an address of any account from taking anything new, or has it take mail again.
    /// - Throws: `RecordFailure.notFound`.
    package func setDraining(
        _ isDraining: Bool, of address: String, because reason: String, operation: String, by caller: Caller
    ) async throws {
        guard let owner = state.withLock({ $0.addresses[address]?.account }) else {
            throw RecordFailure.notFound(address)
        }
        try await change(address, operation, caller, of: owner, reason) { $0.isDraining = isDraining }
    }

    /// Whether the account's new addresses begin cold, and the warm-ups that began by that count.
    package func setAutoWarmup(_ isOn: Bool, operation: String, by caller: Caller) async throws {
        try await accounts.change(operation: operation, by: caller) { $0.autoWarmup = isOn }
        state.withLock { state in
            if isOn { state.warming.insert(caller.account) } else { state.warming.remove(caller.account) }
        }
        announce()
    }

    private func change(
        _ address: String, _ operation: String, _ caller: Caller, of owner: AccountID? = nil, _ reason: String? = nil,
        _ body: @escaping @Sendable (inout DedicatedAddress.Decisions) -> Void
    ) async throws {
        let fact = Fact(operation, on: address, by: caller, because: reason, at: now())
        let content = try await store.change(Self.kind, address, in: owner ?? caller.account, recording: fact) {
            content in
            var decisions = try Self.decode(content)
            body(&decisions)
            decisions.revision += 1
            return try Self.encode(decisions)
        }
        guard let content else { throw RecordFailure.notFound(address) }
        let decisions = try Self.decode(content)
        state.withLock { state in
            guard let known = state.addresses[address], known.decisions.revision < decisions.revision else { return }
            state.addresses[address]?.decisions = decisions
        }
        announce()
    }
}

extension DedicatedAddresses.State {
    fileprivate func view(_ address: DedicatedAddress, at moment: Timestamp) -> DedicatedAddressView {
        if isManaged(address) {
            return DedicatedAddressView(
                address: address.address, status: .notApplicable, percentage: -1, pool: address.pool)
        }
        let percentage = DedicatedAddress.percentage(since: warmupBegan(address), at: moment)
        return DedicatedAddressView(
            address: address.address, status: percentage == 100 ? .done : .inProgress, percentage: percentage,
            pool: address.pool)
    }
}
