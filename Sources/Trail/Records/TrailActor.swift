// SPDX-License-Identifier: Apache-2.0

import JSON
import Journal
import Mail

/// Who a record is about, as far as its fact tells: the caller of a recorded call, the principal that is named by an ARN
/// alone, or the house itself.
struct TrailActor {
    /// How the server calls itself.
    static let house = "postern"

    let call: Fact.Call?
    let identity: JSONValue
    let userName: String?
    /// The principal's; nil where nobody knows.
    let account: AccountID?
    let isHouse: Bool

    /// - Parameter principal: an ARN; anything else is the house where there is no call.
    init(_ call: Fact.Call?, principal: String) {
        let arn = TrailARN(principal)
        self.call = call
        account = arn?.account
        isHouse = call == nil && arn == nil
        if let call {
            identity = Self.identity(of: call)
            userName = call.userName
        } else if let arn {
            (identity, userName) = Self.identity(of: arn)
        } else {
            identity = Self.service
            userName = nil
        }
    }

    /// Somebody of whom only the account is known, unless there is a call.
    init(_ call: Fact.Call?, of account: AccountID) {
        self.call = call
        self.account = account
        isHouse = false
        identity =
            call.map(Self.identity(of:))
            ?? .object([
                .init(name: "type", value: .string("Unknown")), .init(name: "accountId", value: .string("\(account)")),
            ])
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
    ])

    // Ready JSON is believed to be JSON only after it was read.
    private static func identity(of call: Fact.Call) -> JSONValue {
        if let value = try? JSONValue(parsing: call.identity, maximumDepth: 16), case .object = value { return value }
        return .string(call.identity)
    }

    // Facts from before calls were recorded, and doors that have no calls.
    private static func identity(of arn: TrailARN) -> (JSONValue, String?) {
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
        return (TrailEntry.object(members) ?? .null, name)
    }
}
