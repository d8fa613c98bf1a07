// SPDX-License-Identifier: Apache-2.0

import Access
import FoundationEssentials
package import Journal
package import Mail
package import Queue
import Synchronization

/// The addresses that mail leaves from, and the pools they are in.
///
/// Addresses are declared by the operator; what is decided about them through the API (pool, warm-up, draining) is kept
/// and stands before the file, also after the address was taken out of it and declared again. All of it is in memory: the
/// gate asks with every message. Whoever drives the queue follows `changes`.
package final class DedicatedAddresses: Sendable {
    static let kind = "dedicated-ip"

    struct State {
        var pools: [PoolID: DedicatedIPPool] = [:]
        var addresses: [String: DedicatedAddress] = [:]
        var shared: [DeclaredAddress] = []
        /// Accounts whose new addresses begin cold.
        var warming: Set<AccountID> = []
    }

    let store: any RecordStore
    let shelf: Shelf<DedicatedIPPool>
    let accounts: AccountSettings
    let now: Now
    let state = Mutex(State())
    private let hostname: String
    private let changed: AsyncStream<[SendingAddress]>.Continuation
    /// All addresses, anew after each change; for one reader, who gets the latest.
    package let changes: AsyncStream<[SendingAddress]>

    /// - Parameter hostname: what the system's own address says HELO with.
    package init(
        store: any RecordStore, accounts: AccountSettings, region: String, hostname: String, now: @escaping Now
    ) {
        self.store = store
        self.accounts = accounts
        self.hostname = hostname
        self.now = now
        shelf = Shelf(store: store, region: region, now: now)
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: What the gate and the queue ask

    /// Everything that mail may leave from.
    package var sendingAddresses: [SendingAddress] {
        state.withLock { state in
            let shared = state.shared.map {
                SendingAddress(egress: Egress(address: $0.address, hostname: $0.hostname, pool: nil))
            }
            let own = state.addresses.values.sorted { $0.address < $1.address }.map { address in
                SendingAddress(
                    egress: Egress(
                        address: address.address, hostname: address.hostname,
                        pool: PoolID(account: address.account, name: address.pool)),
                    warmingSince: state.warmupBegan(address), isDraining: address.isDraining)
            }
            return (shared.isEmpty ? [.system(hostname: hostname)] : shared) + own
        }
    }

    /// The pool that mail is assigned to.
    /// - Parameter name: of the configuration set; nil for an account's default, which is its default pool where that
    ///   holds an address, and else none.
    /// - Returns: nil for the addresses that all share.
    /// - Throws: `SendRefusal.sendingPoolMissing`.
    package func pool(named name: String?, in account: AccountID) throws(SendRefusal) -> PoolID? {
        switch name {
        case DedicatedIPPool.shared: return nil
        case DedicatedIPPool.byDefault: return PoolID(account: account, name: DedicatedIPPool.byDefault)
        case nil:
            let isUsed = state.withLock { state in
                state.addresses.values.contains { $0.account == account && $0.pool == DedicatedIPPool.byDefault }
            }
            return isUsed ? PoolID(account: account, name: DedicatedIPPool.byDefault) : nil
        case .some(let name):
            let pool = PoolID(account: account, name: name)
            guard state.withLock({ $0.pools[pool] != nil }) else { throw .sendingPoolMissing(name) }
            return pool
        }
    }

    // MARK: At the start

    /// Takes over what the file declares. Pools that it names and that nobody made are made; an address that is new
    /// begins cold where its account warms up automatically, or its pool is managed.
    package func open(declared: [DeclaredAddress], accounts known: [AccountID]) async throws {
        let owners = declared.filter { !$0.isShared }
        for account in Set(known + owners.map(\.account)).sorted(by: { $0.description < $1.description }) {
            try await load(account)
        }
        state.withLock { $0.shared = declared.filter(\.isShared) }
        for address in owners { try await open(address) }
        announce()
    }

    private func load(_ account: AccountID) async throws {
        let warms = try await accounts.attributes(of: account).autoWarmup
        // The file may declare more than callers may make.
        let pools = try await shelf.list(in: account, after: nil, limit: 100_000)
        state.withLock { state in
            if warms { state.warming.insert(account) }
            for pool in pools { state.pools[PoolID(account: account, name: pool.name)] = pool }
        }
    }

    private func open(_ declared: DeclaredAddress) async throws {
        let kept = try await store.record(Self.kind, declared.address, in: declared.account).map(Self.decode)
        var address = DedicatedAddress(declared: declared, decisions: kept ?? .init(seenAt: now()))
        try await openPool(of: address)
        if kept == nil {
            let begins = state.withLock { $0.warms(address) }
            address.decisions.warmupBegan = begins ? address.decisions.seenAt : nil
            _ = try await store.put(
                Self.kind, declared.address, in: declared.account, content: try Self.encode(address.decisions),
                replacing: false,
                recording: declaration("postern:DeclareDedicatedIp", declared.address, declared.account))
        }
        state.withLock { [address] in $0.addresses[address.address] = address }
    }

    private func openPool(of address: DedicatedAddress) async throws {
        let id = PoolID(account: address.account, name: address.pool)
        guard id.name != DedicatedIPPool.byDefault, state.withLock({ $0.pools[id] == nil }) else { return }
        let pool = DedicatedIPPool(name: id.name, scaling: .standard)
        try pool.check()
        let arn = shelf.arn(pool.name, in: id.account)
        _ = try await store.put(
            DedicatedIPPool.kind, pool.name, in: id.account, content: Array(try JSONEncoder().encode(pool)),
            replacing: false, recording: declaration("postern:DeclareDedicatedIpPool", arn, id.account))
        state.withLock { $0.pools[id] = pool }
    }

    private func declaration(_ operation: String, _ resource: String, _ account: AccountID) -> Fact {
        let event = Fact.Administered(
            operation: operation, principal: "server", resource: resource, sourceAddress: "",
            reason: "declared in delivery.addresses")
        return Fact(at: now(), account: account, message: nil, event: .administered(event))
    }

    /// Tells whoever follows.
    func announce() { changed.yield(sendingAddresses) }

    static func decode(_ content: [UInt8]) throws -> DedicatedAddress.Decisions {
        try JSONDecoder().decode(DedicatedAddress.Decisions.self, from: Data(content))
    }

    static func encode(_ decisions: DedicatedAddress.Decisions) throws -> [UInt8] {
        Array(try JSONEncoder().encode(decisions))
    }
}

extension DedicatedAddresses.State {
    /// Whether an address's warm-up counts.
    func warms(_ address: DedicatedAddress) -> Bool {
        address.decisions.isWarmupSet || warming.contains(address.account) || isManaged(address)
    }

    func isManaged(_ address: DedicatedAddress) -> Bool {
        pools[PoolID(account: address.account, name: address.pool)]?.scaling == .managed
    }

    func warmupBegan(_ address: DedicatedAddress) -> Timestamp? {
        warms(address) ? address.decisions.warmupBegan : nil
    }
}
