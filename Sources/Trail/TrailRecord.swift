// SPDX-License-Identifier: Apache-2.0

package import Mail

/// A record of CloudTrail's shape (event version 1.11), as it is kept: its text, and what it is looked up by.
///
/// The text is what every reader gets, octet for octet: log files, their digests, sinks and `LookupEvents`.
package struct TrailRecord: Hashable, Sendable {
    /// `eventID`: names the record, wherever it arrives twice.
    package let id: String
    package let at: Timestamp
    package let account: AccountID
    package let category: Category
    /// `ses.amazonaws.com`
    package let source: String
    /// `SendEmail`
    package let name: String
    package let isReadOnly: Bool
    /// The user's or the role session's name; nil where nobody is known.
    package let userName: String?
    package let accessKeyID: String?
    package let resources: [Resource]
    /// One JSON object without line breaks.
    package let json: String

    package enum Category: String, Hashable, Sendable {
        case management = "Management"
        case data = "Data"
    }

    package struct Resource: Hashable, Sendable {
        /// `AWS::SES::EmailIdentity`
        package let type: String
        package let name: String

        package init(type: String, name: String) {
            self.type = type
            self.name = name
        }
    }

    package init(
        id: String, at: Timestamp, account: AccountID, category: Category, source: String, name: String,
        isReadOnly: Bool, userName: String?, accessKeyID: String?, resources: [Resource], json: String
    ) {
        self.id = id
        self.at = at
        self.account = account
        self.category = category
        self.source = source
        self.name = name
        self.isReadOnly = isReadOnly
        self.userName = userName
        self.accessKeyID = accessKeyID
        self.resources = resources
        self.json = json
    }
}
