// SPDX-License-Identifier: Apache-2.0

package import Journal
package import Mail

/// An access key near the end of the time that `guardrails.maximum-credential-age` gives it, or past it.
package struct AgingKey: Hashable, Sendable {
    package let id: String
    /// The ARN of the user who holds it.
    package let holder: String
    package let account: AccountID
    package let refusedFrom: Timestamp

    /// For the operator's log and the journal.
    package func reason(at moment: Timestamp) -> String {
        let days = Int((refusedFrom - moment) / 86_400)
        let when =
            refusedFrom <= moment
            ? "is refused since \(refusedFrom)" : "is refused from \(refusedFrom), in \(days) days"
        return "access key \(id) of \(holder) \(when): create a new one and delete it"
    }

    package func warning(at moment: Timestamp) -> Fact {
        let event = Fact.Warned(control: "maximum-credential-age", subject: id, reason: reason(at: moment))
        return Fact(at: moment, account: account, message: nil, event: .warned(event))
    }
}

extension AccessControl {
    /// Seconds before the end from which a key is warned of: with 90 days, from day 76.
    private static let noticeOfAge = 14.0 * 86_400

    /// Active keys within 14 days of their end, and those past it. None where no age is set.
    package func agingKeys(at moment: Timestamp) -> [AgingKey] {
        guard let maximum = guardrails.maximumKeyAge else { return [] }
        return activeKeys().filter { moment - $0.0.createdAt > maximum - Self.noticeOfAge }.map { key, user in
            AgingKey(id: key.id, holder: user.arn, account: key.account, refusedFrom: key.createdAt + maximum)
        }
    }

    /// Whether there are active keys, and every one of them is too old to be taken.
    package func allKeysAreRefused(at moment: Timestamp) -> Bool {
        guard let maximum = guardrails.maximumKeyAge else { return false }
        let keys = activeKeys()
        return !keys.isEmpty && keys.allSatisfy { ageRefusal(of: $0.0, maximum) != nil }
    }

    private func activeKeys() -> [(UserKey, User)] {
        let state = directory.state
        return accounts(state).flatMap { account in
            state.all(UserKey.self, in: account).compactMap { key in
                guard key.isActive, let user = state.find(User.self, key.user, in: account) else { return nil }
                return (key, user)
            }
        }
    }
}
