// SPDX-License-Identifier: Apache-2.0

import AWSWire
import Mail
import Monitoring

/// A tag of an alarm.
struct AlarmTag: Codable {
    static let limit = 50

    var key: String?
    var value: String?

    /// - Throws: `InvalidParameterValue` for a tag that AWS would not take, and for more than fifty of them.
    static func added(_ tags: [AlarmTag]?, to before: [String: String]) throws -> [String: String] {
        var after = before
        for tag in tags ?? [] {
            let (key, value) = (tag.key ?? "", tag.value ?? "")
            guard Words.isText(key, 1...128), Words.isText(value, 0...256), !key.lowercased().hasPrefix("aws:") else {
                throw ServiceError("InvalidParameterValue", "A tag's key or value is not valid.")
            }
            after[key] = value
        }
        guard after.count <= limit else {
            throw ServiceError("InvalidParameterValue", "An alarm has \(limit) tags at most.")
        }
        return after
    }
}

/// What every alarm has, whatever it watches.
struct AlarmInput {
    var name: String?
    var description: String?
    var actionsEnabled: Flag?
    var ok: [String]?
    var alarm: [String]?
    var insufficientData: [String]?
    var tags: [AlarmTag]?

    func checkedName() throws -> String {
        let name = try Words.required(name, "AlarmName")
        guard Words.isText(name, 1...255) else { throw Self.fault("The value for parameter AlarmName is invalid.") }
        return name
    }

    func alarm(_ kind: Alarm.Kind, in account: AccountID, at moment: Timestamp) throws -> Alarm {
        var new = Alarm(account: account, name: try checkedName(), kind: kind, at: moment)
        guard description.map({ $0.unicodeScalars.count <= 1024 }) ?? true else {
            throw Self.fault("The parameter AlarmDescription is longer than 1024 characters.")
        }
        new.description = description
        new.actionsEnabled = actionsEnabled?.value ?? true
        new.actions = .init(
            ok: try Self.actions(ok, in: account), alarm: try Self.actions(alarm, in: account),
            insufficientData: try Self.actions(insufficientData, in: account))
        new.tags = try AlarmTag.added(tags, to: [:])
        return new
    }

    // Topics of others would have to let the alarm in.
    private static func actions(_ given: [String]?, in account: AccountID) throws -> [String] {
        let actions = given ?? []
        guard actions.count <= Alarm.Actions.limit else {
            throw fault("An alarm has \(Alarm.Actions.limit) actions at most for each state.")
        }
        for action in actions {
            let parts = action.split(separator: ":", omittingEmptySubsequences: false)
            guard Words.isText(action, 1...1024), parts.count >= 6, parts[0] == "arn", parts[2] == "sns",
                parts[4] == account.description
            else {
                throw fault(
                    "Invalid arn syntax or unsupported action: \(action.prefix(200)). The account's own topics of SNS are supported."
                )
            }
        }
        return actions
    }

    static func fault(_ why: String) -> ServiceError { ServiceError("ValidationError", why) }
}
