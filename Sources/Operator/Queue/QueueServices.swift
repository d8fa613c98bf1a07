// SPDX-License-Identifier: Apache-2.0

import AWSAccess
import AWSWire
package import Access
package import Journal
package import Mail
package import Queue
package import Sending
import Synchronization

/// What the operator's hand on the queue stands on.
package struct QueueServices: Sendable {
    /// Octets of a reason.
    static let maximumReason = 500

    let access: AccessControl
    let desk: QueueDesk
    let messages: any MessageIndex
    let addresses: DedicatedAddresses
    /// Whoever is in this account sees everybody's mail; anybody else their own account's.
    let managementAccount: AccountID
    let now: Now
    let halts = Halts()

    package init(
        access: AccessControl, desk: QueueDesk, messages: any MessageIndex, addresses: DedicatedAddresses,
        managementAccount: AccountID, now: @escaping Now
    ) {
        self.access = access
        self.desk = desk
        self.messages = messages
        self.addresses = addresses
        self.managementAccount = managementAccount
        self.now = now
    }

    func require(_ operation: String, as caller: Caller) throws {
        try access.require("postern:\(operation)", as: caller, code: "AccessDeniedException")
    }

    /// For what concerns the whole node.
    func requireManagement(_ operation: String, as caller: Caller) throws {
        try require(operation, as: caller)
        guard caller.account == managementAccount else {
            throw ServiceError(
                "AccessDeniedException",
                "\(operation) concerns every account: only the account \(managementAccount) may ask for it.",
                status: 403)
        }
    }

    /// The caller's own account, where they may see no other.
    func account(_ asked: AccountID?, for caller: Caller) throws -> AccountID? {
        if caller.account == managementAccount { return asked }
        guard let asked, asked != caller.account else { return caller.account }
        throw ServiceError(
            "AccessDeniedException", "The mail of account \(asked) is not yours to see.", status: 403)
    }

    /// Whether a message of this account exists for the caller: another account's does not.
    func requireSight(of account: AccountID?, _ message: MessageID, by caller: Caller) throws {
        guard let account, caller.account == managementAccount || account == caller.account else {
            throw ServiceError("NotFoundException", "Message \(message) is not known.", status: 404)
        }
    }

    func messageID(_ text: String) throws -> MessageID {
        guard let id = MessageID(parsing: text) else {
            throw ServiceError("ValidationException", "'\(text.prefix(100))' is no message id.")
        }
        return id
    }

    /// What an operator says of why something is done.
    func requireReason(_ reason: String) throws {
        guard !reason.isEmpty, reason.utf8.count <= Self.maximumReason else {
            throw ServiceError("ValidationException", "Reason is missing, or longer than \(Self.maximumReason) bytes.")
        }
    }
}

/// Who stopped the whole queue, and why; a restart forgets it, as it forgets the stop.
final class Halts: Sendable {
    struct Halt: Hashable, Sendable {
        /// ARN.
        let by: String
        let reason: String
    }

    private let state = Mutex<Halt?>(nil)

    /// Nil while nobody has stopped it.
    var latest: Halt? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
