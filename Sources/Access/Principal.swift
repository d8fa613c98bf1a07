// SPDX-License-Identifier: Apache-2.0

package import Mail

/// Somebody who may be allowed things: named by an ARN, at home in one account.
package struct Principal: Hashable, Sendable {
    package let account: AccountID
    package let kind: Kind

    package enum Kind: Hashable, Sendable {
        /// The account itself: its root user, whose key stands in the configuration.
        case root
    }

    package init(account: AccountID, kind: Kind) {
        self.account = account
        self.kind = kind
    }

    /// `arn:aws:iam::111122223333:root`.
    package var arn: String {
        switch kind {
        case .root: "arn:aws:iam::\(account):root"
        }
    }

    /// The unique id that `GetCallerIdentity` calls UserId; for the root user, the account's id.
    package var userID: String {
        switch kind {
        case .root: account.description
        }
    }
}
