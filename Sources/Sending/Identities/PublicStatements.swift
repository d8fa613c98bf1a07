// SPDX-License-Identifier: Apache-2.0

import Mail
import PolicyLanguage

extension Statement {
    /// Whether strangers are allowed by it: everybody is named, and no condition ties the caller to somebody.
    ///
    /// A condition does that when each of its values names an account, an organisation or an endpoint in so many digits
    /// and letters, and a caller without the key does not meet it. What a caller writes (`ses:FromAddress`,
    /// `aws:UserAgent`), what anybody has (`aws:userid` like `*:*`) and what is compared with the caller's own
    /// (`${aws:PrincipalAccount}`) ties nobody.
    var isPublic: Bool {
        guard effect == .allow, let principals, principals.isNegated || principals.elements.contains(.everyone) else {
            return false
        }
        return !conditions.contains(where: \.namesSomebody)
    }
}

extension Condition {
    fileprivate var namesSomebody: Bool {
        guard !operation.ifExists, operation.quantifier != .forAllValues, !values.isEmpty else { return false }
        switch operation.comparison {
        case .stringEquals, .stringLike: return values.allSatisfy { Somebody.isNamed(by: $0, key: key, asARN: false) }
        case .arnEquals, .arnLike: return values.allSatisfy { Somebody.isNamed(by: $0, key: key, asARN: true) }
        default: return false
        }
    }
}

/// Values that can only be somebody's own.
private enum Somebody {
    /// - Parameter asARN: compared component by component, so that a wildcard stays in its own.
    static func isNamed(by value: String, key: String, asARN: Bool) -> Bool {
        guard !value.contains("${") else { return false }
        switch key.lowercased() {
        case "aws:principalaccount", "aws:sourceaccount": return !asARN && AccountID(value) != nil
        case "aws:principalarn", "aws:sourcearn": return isARNOfAccount(value, asARN: asARN)
        case "aws:principalorgid", "aws:sourceorgid": return !asARN && isID(value[...], prefix: "o-", atLeast: 10)
        case "aws:principalorgpaths":
            return !asARN && isID(value.prefix { $0 != "/" }, prefix: "o-", atLeast: 10)
        case "aws:sourcevpce": return !asARN && isID(value[...], prefix: "vpce-", atLeast: 1)
        case "aws:sourcevpc": return !asARN && isID(value[...], prefix: "vpc-", atLeast: 1)
        default: return false
        }
    }

    // In a string a star runs over colons too: everything up to the account must be written out.
    private static func isARNOfAccount(_ value: String, asARN: Bool) -> Bool {
        let fields = value.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0] == "arn", AccountID(String(fields[4])) != nil else { return false }
        return asARN || fields[..<4].allSatisfy { !$0.contains("*") && !$0.contains("?") }
    }

    private static func isID(_ text: Substring, prefix: String, atLeast length: Int) -> Bool {
        text.hasPrefix(prefix) && text.utf8.count >= prefix.utf8.count + length
            && text.utf8.dropFirst(prefix.utf8.count).allSatisfy(\.isLetterOrDigit)
    }
}
