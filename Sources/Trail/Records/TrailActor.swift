// SPDX-License-Identifier: Apache-2.0

import JSON
import Journal
import Mail
import Synchronization

/// Who a record is about, as far as its fact tells: the caller of a recorded call, the principal that is named by an ARN
/// alone, or the house itself.
struct TrailActor {
    /// How the server calls itself.
    static let house = "postern"

    let call: Fact.Call?
    /// `userIdentity`, as it is written.
    let identity: String
    let userName: String?
    /// The principal's; nil where nobody knows.
    let account: AccountID?
    let isHouse: Bool

    /// - Parameter principal: an ARN; anything else is the house where there is no call.
    init(_ call: Fact.Call?, principal: String, _ texts: IdentityTexts) {
        let arn = TrailARN(principal)
        self.call = call
        account = arn?.account
        isHouse = call == nil && arn == nil
        if let call {
            identity = texts.text(of: call.identity)
            userName = call.userName
        } else if let arn {
            (identity, userName) = Self.identity(of: arn)
        } else {
            identity = Self.service
            userName = nil
        }
    }

    /// Somebody of whom only the account is known, unless there is a call.
    init(_ call: Fact.Call?, of account: AccountID, _ texts: IdentityTexts) {
        self.call = call
        self.account = account
        isHouse = false
        identity =
            call.map { texts.text(of: $0.identity) }
            ?? JSONValue.object([
                .init(name: "type", value: .string("Unknown")), .init(name: "accountId", value: .string("\(account)")),
            ]).text
        userName = call?.userName
    }

    /// The house, for somebody's account.
    init(houseFor account: AccountID?) {
        call = nil
        identity = Self.service
        userName = nil
        self.account = account
        isHouse = true
    }

    var agent: String? {
        guard let agent = call?.agent, !agent.isEmpty else { return isHouse ? Self.house : nil }
        return agent
    }

    private static let service = JSONValue.object([
        .init(name: "type", value: .string("AWSService")), .init(name: "invokedBy", value: .string(house)),
    ]).text

    // Facts from before calls were recorded, and doors that have no calls.
    private static func identity(of arn: TrailARN) -> (String, String?) {
        let path = arn.resource.split(separator: "/").map(String.init)
        let type: String
        var name: String?
        switch path.first {
        case "root": (type, name) = ("Root", "root")
        case "user": (type, name) = ("IAMUser", path.dropFirst().last)
        case "assumed-role": (type, name) = ("AssumedRole", path.dropFirst(2).first)
        default: type = "Unknown"
        }
        let members: [(name: String, value: JSONValue?)] = [
            ("type", .string(type)), ("arn", .string(arn.text)), ("accountId", arn.account.map { .string("\($0)") }),
            ("userName", type == "IAMUser" ? name.map { .string($0) } : nil),
        ]
        return ((TrailEntry.object(members) ?? .null).text, name)
    }
}

/// Identities of calls, written for a record. Ready JSON is believed to be JSON only after it was read, and the same
/// few callers come again and again. They are ASCII, so equal ones are the same octets.
final class IdentityTexts: Sendable {
    /// Callers that are remembered; with one more all are forgotten.
    private static let limit = 1_000
    private let texts = Mutex<[String: String]>([:])

    func text(of identity: String) -> String {
        if let text = texts.withLock({ $0[identity] }) { return text }
        let text = Self.read(identity).text
        texts.withLock { texts in
            if texts.count >= Self.limit { texts = [:] }
            texts[identity] = text
        }
        return text
    }

    private static func read(_ identity: String) -> JSONValue {
        guard let value = try? JSONValue(parsing: identity, maximumDepth: 16), case .object = value else {
            return .string(identity)
        }
        return value
    }
}
