// SPDX-License-Identifier: Apache-2.0

import JSON

/// What was asked, as records show it (CloudTrail user guide, `requestParameters`): the operation's input with the first
/// letters of its names in lower case, without secrets and without the content of mail.
///
/// Limits: 64 KB in all, 4 KB for each text, 32 levels.
package enum RequestParameters {
    package static let hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
    static let longest = 64 << 10
    static let longestText = 4 << 10

    // In lower case; whatever has one of them in its name is a secret.
    private static let secrets = [
        "password", "secret", "sessiontoken", "authenticationcode", "tokencode", "samlassertion", "webidentitytoken",
        "privatekey", "seed",
    ]
    // What is in a message, under the names of both versions of the API.
    private static let content: Set<String> = [
        "data", "rawmessage", "templatedata", "replacementtemplatedata", "defaulttemplatedata", "html", "text",
        "subject", "htmlpart", "textpart", "subjectpart", "rawcontent", "templatecontent",
        // A topic's message, and the token that confirms a subscription to it.
        "message", "messageattributes", "token",
    ]

    /// - Returns: nil where there is nothing to show.
    package static func text(_ input: [UInt8]) -> String? {
        // Larger only when there is content in it.
        guard !input.isEmpty else { return nil }
        guard input.count <= longest * 4,
            let value = try? JSONValue(parsing: input, maximumDepth: 32, allowsRepeatedNames: true)
        else { return "\"not shown: \(input.count) octets\"" }
        guard case .object(let members) = value, !members.isEmpty else { return nil }
        let shown = shown(value).octets
        return shown.count <= longest ? String(decoding: shown, as: UTF8.self) : "\"not shown: \(shown.count) octets\""
    }

    private static func shown(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            .object(
                members.map { member in
                    JSONValue.Member(
                        name: lowerFirst(member.name),
                        value: isHidden(member.name) ? .string(hidden) : shown(member.value))
                })
        case .array(let elements): .array(elements.map(shown))
        case .string(let text) where text.utf8.count > longestText:
            .string("\(String(decoding: text.utf8.prefix(longestText), as: UTF8.self))… (\(text.utf8.count) octets)")
        default: value
        }
    }

    private static func isHidden(_ name: String) -> Bool {
        let name = name.lowercased()
        return content.contains(name) || secrets.contains { name.contains($0) }
    }

    private static func lowerFirst(_ name: String) -> String { name.prefix(1).lowercased() + name.dropFirst() }
}
