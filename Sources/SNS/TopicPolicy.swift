// SPDX-License-Identifier: Apache-2.0

import AWSWire
import JSON
import Notify
import PolicyLanguage

/// The policy on a topic ("Example cases for Amazon SNS access control", SNS developer guide).
enum TopicPolicy {
    /// Octets.
    static let longest = 30_720
    static let maximumStatements = 100

    /// What decides with the caller's own policies. One that cannot be read would be a hole, so nobody gets by it.
    static func named(_ topic: Topic) throws -> [NamedPolicy] {
        guard let document = topic.attributes["Policy"] else { return [] }
        return [NamedPolicy(name: "policy of \(topic.arn.name)", policy: try Policy(parsing: document, as: .resource))]
    }

    /// - Throws: `InvalidParameter`.
    static func check(_ document: String) throws {
        guard document.utf8.count <= longest else { throw ServiceError(invalid: "Policy Reason: longer than 30 KB") }
        do {
            let policy = try Policy(parsing: document, as: .resource)
            guard policy.statements.count <= maximumStatements else {
                throw ServiceError(invalid: "Policy Reason: more than \(maximumStatements) statements")
            }
        } catch let fault as PolicyFault {
            throw ServiceError(invalid: "Policy Error: \(fault.description)")
        }
    }

    /// What a topic without a policy shows. Its condition is met by nobody, as on AWS: the account's own policies decide.
    static func usual(_ arn: TopicARN) -> String {
        let actions = [
            "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
            "ListSubscriptionsByTopic", "Publish",
        ].map { "\"SNS:\($0)\"" }.joined(separator: ",")
        return """
            {"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID",\
            "Effect":"Allow","Principal":{"AWS":"*"},"Action":[\(actions)],"Resource":"\(arn)",\
            "Condition":{"StringEquals":{"AWS:SourceOwner":"\(arn.account)"}}}]}
            """
    }

    static func adding(
        _ label: String, accounts: [String], actions: [String], to topic: Topic
    ) throws -> String {
        var document = try document(of: topic)
        guard !document.statements.contains(where: { $0["Sid"] == .string(label) }) else {
            throw ServiceError(invalid: "Statement already exists")
        }
        func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        func member(_ name: String, _ value: JSONValue) -> JSONValue.Member { .init(name: name, value: value) }
        document.statements.append(
            .object([
                member("Sid", .string(label)), member("Effect", .string("Allow")),
                member("Principal", .object([member("AWS", list(accounts.map { "arn:aws:iam::\($0):root" }))])),
                member("Action", list(actions.map { "SNS:\($0)" })), member("Resource", .string("\(topic.arn)")),
            ]))
        let text = document.text
        try check(text)
        return text
    }

    /// What is not there is as good as removed.
    /// - Returns: empty where no statement is left.
    static func removing(_ label: String, from topic: Topic) throws -> String {
        var document = try document(of: topic)
        document.statements.removeAll { $0["Sid"] == .string(label) }
        return document.statements.isEmpty ? "" : document.text
    }

    private struct Document {
        let others: [JSONValue.Member]
        var statements: [JSONValue]

        var text: String { JSONValue.object(others + [.init(name: "Statement", value: .array(statements))]).text }
    }

    private static func document(of topic: Topic) throws -> Document {
        let text = topic.attributes["Policy"] ?? usual(topic.arn)
        guard case .object(let members) = try JSONValue(parsing: text, maximumDepth: 32) else {
            throw ServiceError(invalid: "Policy Reason: not an object")
        }
        var statements: [JSONValue] = []
        switch members.first(where: { $0.name == "Statement" })?.value {
        case .array(let elements)?: statements = elements
        case let one?: statements = [one]
        case nil: break
        }
        return Document(others: members.filter { $0.name != "Statement" }, statements: statements)
    }
}
