// SPDX-License-Identifier: Apache-2.0

package import Authentication
import MIME
package import Mail
import Queue
import Synchronization

/// The keys that mail is signed with, as the identities' keeper gives them out.
package protocol SigningKeys: Sendable {
    /// The signer of a domain as it stands now; nil when the domain does not sign.
    func signer(for domain: Domain, in account: AccountID) async throws -> DKIMSigner?
}

/// Signs on threads of its own, one a core: an RSA signature is near a millisecond of computing.
///
/// A message is hashed and signed once for all its deliveries and tries under one key; those that ask while it is being
/// signed wait for the same signature. The last signatures are kept.
final class SigningPool: Sendable {
    /// Signatures kept; each is near 600 octets.
    static let capacity = 1_000

    typealias Waiter = CheckedContinuation<[UInt8], any Error>

    private struct Key: Hashable {
        let message: MessageID
        let domain: Domain
        let selector: String
    }

    private enum Entry {
        case signed([UInt8])
        case waiting([Waiter])
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// Keys of what is signed, in a ring; `oldest` goes next.
        var ring: [Key] = []
        var oldest = 0
    }

    private let state = Mutex(State())
    private let threads = WorkerThreads(count: WorkerThreads.processors)

    /// - Returns: the complete `DKIM-Signature` field, to be put before the header.
    func field(for message: SpooledMessage, by signer: DKIMSigner, at moment: Timestamp) async throws -> [UInt8] {
        let key = Key(message: message.id, domain: signer.domain, selector: signer.selector)
        return try await withCheckedThrowingContinuation { waiter in
            let isFirst = state.withLock { Self.ask(key, waiter, &$0) }
            guard isFirst else { return }
            threads.submit {
                self.complete(key, Result { try Self.sign(message.content, signer, moment) })
            }
        }
    }

    /// - Returns: whether the caller has to sign.
    private static func ask(_ key: Key, _ waiter: Waiter, _ state: inout State) -> Bool {
        switch state.entries[key] {
        case .signed(let field):
            waiter.resume(returning: field)
            return false
        case .waiting(let others):
            state.entries[key] = .waiting(others + [waiter])
            return false
        case nil:
            state.entries[key] = .waiting([waiter])
            return true
        }
    }

    private func complete(_ key: Key, _ result: Result<[UInt8], any Error>) {
        let waiters = state.withLock { Self.close(key, try? result.get(), &$0) }
        for waiter in waiters { waiter.resume(with: result) }
    }

    // A failure is not kept: the next try may do better.
    private static func close(_ key: Key, _ field: [UInt8]?, _ state: inout State) -> [Waiter] {
        let entry = state.entries.removeValue(forKey: key)
        if let field {
            state.entries[key] = .signed(field)
            if state.ring.count < capacity {
                state.ring.append(key)
            } else {
                state.entries[state.ring[state.oldest]] = nil
                state.ring[state.oldest] = key
                state.oldest = (state.oldest + 1) % capacity
            }
        }
        if case .waiting(let waiters) = entry { return waiters }
        return []
    }

    private static func sign(_ content: Content, _ signer: DKIMSigner, _ moment: Timestamp) throws -> [UInt8] {
        let (header, _) = try HeaderSection.parse(content.header)
        var hasher = BodyHasher()
        switch content.body {
        case .memory(let bytes): hasher.update(bytes)
        case .file(let path, let offset, let length):
            try MappedFile(path: path).withBytes {
                hasher.update(UnsafeRawBufferPointer(rebasing: $0[offset..<offset + length]))
            }
        }
        return try signer.sign(header, bodyHash: hasher.finalize(), at: moment)
    }
}
