// SPDX-License-Identifier: Apache-2.0

import Access
import Journal
import Mail
import Synchronization
import Testing

/// A clock that moves when it is told to.
final class ManualClock: Sendable {
    private let moment = Mutex(Timestamp(seconds: 1_700_000_000))
    var now: Timestamp { moment.withLock { $0 } }
    func advance(by seconds: Double) { moment.withLock { $0 = $0 + seconds } }
}

/// Numbers that look random and are the same in every run.
final class Counter: Sendable {
    private let value = Mutex<UInt64>(0)

    func next() -> UInt64 {
        value.withLock { value in
            value &+= 0x9E37_79B9_7F4A_7C15
            return (value ^ (value >> 31)) &* 0xBF58_476D_1CE4_E5B9
        }
    }
}

/// A store that lasts as long as the test.
final class MemoryAccessStore: AccessStore {
    private let rows = Mutex<[String: AccessRow]>([:])

    func load() async throws -> [AccessRow] { rows.withLock { Array($0.values) } }

    func save(_ changes: [AccessRowChange], recording facts: [Fact]) async throws {
        rows.withLock { rows in
            for change in changes {
                switch change {
                case .put(let row): rows["\(row.kind) \(row.account) \(row.key)"] = row
                case .remove(let kind, let account, let key): rows["\(kind) \(account) \(key)"] = nil
                }
            }
        }
    }
}

/// Access control over a store in memory, with a manual clock.
struct House: Sendable {
    static let rootSecret = SecretBytes(Array("secret".utf8))
    static let master = "a master key for tests"
    static let sendPolicy =
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ses:Send*","Resource":"*"}}"#

    let access: AccessControl
    let store: MemoryAccessStore
    let clock = ManualClock()
    let account: AccountID

    init(
        store: MemoryAccessStore = MemoryAccessStore(), guardrails: Guardrails = Guardrails(),
        master: String = House.master, previous: String? = nil
    ) async throws {
        account = try #require(AccountID("111122223333"))
        self.store = store
        let clock = clock
        let counter = Counter()
        let directory = try await AccessDirectory(
            store: store, managementAccount: account, now: { clock.now },
            random: { counter.next() })
        try await directory.foundOrganization()
        let sealer = try await directory.sealer(
            master: SecretBytes(Array(master.utf8)), previous: previous.map { SecretBytes(Array($0.utf8)) })
        access = AccessControl(
            region: "us-east-1", root: AccessKey(id: "AKIAROOTEXAMPLE0001", secret: Self.rootSecret),
            directory: directory, sealer: sealer, guardrails: guardrails)
    }

    var now: Timestamp { clock.now }

    var fact: Fact {
        let event = Fact.Administered(operation: "", principal: "", resource: "", sourceAddress: "")
        return Fact(at: now, account: account, message: nil, event: .administered(event))
    }

    @discardableResult
    func change<Result: Sendable>(_ body: @Sendable (inout AccessState) throws -> Result) async throws -> Result {
        try await access.directory.change(nil, body)
    }

    /// A user with one inline policy `p`.
    func user(_ name: String, policy: String) async throws -> Principal {
        let random = access.directory.random
        let user = try await change { state in
            _ = try state.createUser(name, in: account, at: now, random: random)
            try state.putInline(User.self, name, policy: "p", document: policy, in: account)
            return try state.require(User.self, name, in: account)
        }
        return access.principal(user)
    }

    /// At the SMTP door, where everything can be kept.
    func signIn(_ name: String, _ password: String, from address: String) async -> SignInAnswer {
        await access.signIn(attempt(name, password, from: address)) { _ in }
    }

    func attempt(
        _ name: String, _ password: String, from address: String = "192.0.2.1", at door: Door = .smtp,
        agent: String = "client.example.com"
    ) -> SignInAttempt {
        SignInAttempt(
            door: door, session: "S1", name: name, password: password, sourceAddress: address,
            tls: TLSFacts(version: "TLSv1.3", cipher: ""), agent: agent)
    }

    func caller(_ principal: Principal) -> Caller {
        Caller(
            principal: principal, accessKeyID: nil, door: .api, sourceAddress: "127.0.0.1",
            tls: TLSFacts(version: "TLSv1.3", cipher: ""), agent: "")
    }

    func allows(_ action: String, on resource: String = "*", by principal: Principal? = nil) -> Bool {
        let caller = caller(principal ?? access.rootPrincipal)
        return access.authorize(AccessRequest(caller: caller, action: action, resources: [.init(resource)])) == .allowed
    }
}
