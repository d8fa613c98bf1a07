// SPDX-License-Identifier: Apache-2.0

package import Mail

extension AccessState {
    /// Names the account; an alias belongs to one account among all.
    package mutating func setAlias(_ alias: String, in account: AccountID) throws(AccessFailure) {
        // ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$
        let isPlain = alias.utf8.allSatisfy {
            (48...57).contains($0) || (97...122).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard isPlain, (3...63).contains(alias.utf8.count), !alias.hasPrefix("-"), !alias.hasSuffix("-"),
            !alias.contains("--")
        else {
            throw .invalidInput("An account alias has 3 to 63 lower-case letters, digits and single inner hyphens.")
        }
        guard owner(of: AccountAlias.self, alias) == nil else {
            throw .alreadyExists("The account alias \(alias) already exists.")
        }
        for old in all(AccountAlias.self, in: account) { remove(old) }
        put(AccountAlias(account: account, alias: alias))
    }

    package mutating func deleteAlias(_ alias: String, in account: AccountID) throws(AccessFailure) {
        guard let found = find(AccountAlias.self, alias, in: account) else {
            throw .noSuchEntity("The account alias with name \(alias) cannot be found.")
        }
        remove(found)
    }
}
